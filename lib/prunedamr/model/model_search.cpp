// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model_search.h"

#include "prunedamr/base/error.h"

#include <dlfcn.h>
#include <link.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <vector>

namespace prunedamr::model {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtension = ".safetensors";

/// Of the library or program that holds this; empty where it is not known. Looked up once, for the first name that is
/// searched: where the library was loaded by a relative path, the process must not have changed its folder before.
const fs::path& library_folder()
{
    static const fs::path folder = [] {
        Dl_info here{};
        void* object = nullptr;
        if (!dladdr1(reinterpret_cast<const void*>(&find_model), &here, &object, RTLD_DL_LINKMAP))
            return fs::path();
        // A program's own name is what it was called by, which says nothing where $PATH was searched for it.
        const std::string loaded = static_cast<const link_map*>(object)->l_name;
        std::error_code fault;
        return fs::weakly_canonical(loaded.empty() ? "/proc/self/exe" : loaded, fault).parent_path();
    }();
    return folder;
}

std::vector<fs::path> model_folders()
{
    std::vector<fs::path> folders;
    if (const char* first = std::getenv("PRUNEDAMR_MODELS"); first && *first)
        folders.emplace_back(first);
    if (const std::string shipped = find_shared("models"); !shipped.empty())
        folders.emplace_back(shipped);
    return folders;
}

/// False also for what may not be looked at.
bool is_file(const fs::path& path)
{
    std::error_code fault;
    const auto status = fs::status(path, fault);
    return fs::exists(status) && !fs::is_directory(status);
}

/// "onair-m, onair-s in FOLDER; ..."
std::string models_in(const std::vector<fs::path>& folders)
{
    std::string text;
    for (const auto& folder : folders) {
        std::set<std::string> names;
        std::error_code fault;
        for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end; entry.increment(fault))
            if (entry->path().extension() == kExtension)
                names.insert(entry->path().stem());
        for (const auto& name : names)
            text += (name == *names.begin() ? (text.empty() ? "" : "; ") : ", ") + name;
        if (!names.empty())
            text += " in " + folder.string();
    }
    return text;
}

} // namespace

std::string find_model(const std::string& model)
{
    if (fs::path(model).has_parent_path() || is_file(model))
        return model;
    const auto folders = model_folders();
    const std::string file = fs::path(model).extension() == kExtension ? model : model + kExtension;
    for (const auto& folder : folders)
        if (is_file(folder / file))
            return folder / file;
    const std::string known = models_in(folders);
    throw SystemError({ "no such model", "", model,
                        "a file, or the name of an installed model: " + (known.empty() ? "there is none" : known) },
                      ENOENT);
}

std::string find_shared(const std::string& name)
{
    // An installed library or program stands some folders below the prefix: lib, bin, lib/ARCHITECTURE.
    for (fs::path prefix = library_folder(); prefix.has_relative_path(); prefix = prefix.parent_path()) {
        const fs::path path = prefix / "share/prunedamr" / name;
        if (std::error_code fault; fs::exists(path, fault))
            return path;
    }
    return {};
}

} // namespace prunedamr::model
