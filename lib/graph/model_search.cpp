// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/model_search.h"

#include "prunedamr/base/error.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <vector>

namespace prunedamr::graph {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtension = ".safetensors";
constexpr int kDeepest = 3; ///< folders from a prefix to its libraries, at most: lib/x86_64-linux-gnu

/// Where the prefix has its models: it is a folder above this library, or above the program that holds it.
std::vector<fs::path> installed_folders()
{
    Dl_info here{};
    dladdr(reinterpret_cast<const void*>(&find_model), &here);
    std::error_code none;
    fs::path prefix = fs::weakly_canonical(here.dli_fname ? here.dli_fname : "", none).parent_path();
    std::vector<fs::path> folders;
    for (int depth = 1; depth < kDeepest && prefix.has_relative_path(); ++depth) {
        prefix = prefix.parent_path();
        folders.push_back(prefix / "share/prunedamr/models");
    }
    return folders;
}

std::vector<fs::path> model_folders()
{
    std::vector<fs::path> folders = installed_folders();
    if (const char* first = std::getenv("PRUNEDAMR_MODELS"))
        folders.insert(folders.begin(), first);
    return folders;
}

/// "onair-m, onair-s in FOLDER; ..."
std::string models_in(const std::vector<fs::path>& folders)
{
    std::string text;
    for (const auto& folder : folders) {
        std::set<std::string> names;
        std::error_code absent;
        for (const auto& entry : fs::directory_iterator(folder, absent))
            if (entry.path().extension() == kExtension)
                names.insert(entry.path().stem());
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
    if (fs::path(model).has_parent_path() || fs::exists(model))
        return model;
    const auto folders = model_folders();
    const std::string file = fs::path(model).extension() == kExtension ? model : model + kExtension;
    for (const auto& folder : folders)
        if (fs::exists(folder / file))
            return folder / file;
    const std::string known = models_in(folders);
    throw Error{ { "no such model", "", model,
                   "a file, or the name of an installed model: " + (known.empty() ? "there is none" : known) } };
}

} // namespace prunedamr::graph
