// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_search.h"

#include "prunedamr/base/error.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace prunedamr::rx {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultModel = "onair-s";
constexpr const char* kExtension = ".safetensors";

std::vector<fs::path> model_folders()
{
    std::vector<fs::path> folders;
    if (const char* from_environment = std::getenv("PRUNEDAMR_MODELS"))
        folders.emplace_back(from_environment);
    std::error_code unreadable;
    const auto program = fs::read_symlink("/proc/self/exe", unreadable);
    if (!unreadable)
        folders.push_back(program.parent_path().parent_path() / "share/prunedamr/models");
    return folders;
}

} // namespace

std::string find_model(const std::string& model)
{
    if (fs::path(model).has_parent_path() || fs::exists(model))
        return model;
    const std::string name = model.empty() ? kDefaultModel : model;
    const std::string file = fs::path(name).extension() == kExtension ? name : name + kExtension;
    std::string looked_in;
    for (const auto& folder : model_folders()) {
        if (fs::exists(folder / file))
            return folder / file;
        looked_in += (looked_in.empty() ? "" : ", ") + folder.string();
    }
    throw Error{ { "no such model", name, "", "a file, or " + file + " in " + looked_in } };
}

} // namespace prunedamr::rx
