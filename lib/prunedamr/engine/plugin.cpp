// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/version.h"
#include "prunedamr/engine/program.h"

#include <dlfcn.h>

#include <filesystem>

namespace prunedamr::engine {
namespace {

namespace fs = std::filesystem;

/// A plug-in comes from the same build: it lies beside the library that holds this function. A program that holds
/// it itself looks where it looks for its libraries.
std::string path_of(const std::string& name)
{
    Dl_info here{};
    dladdr(reinterpret_cast<const void*>(&make_torch_program), &here);
    const std::string file = "libprunedamr-" + name + ".so";
    const fs::path beside = fs::path(here.dli_fname ? here.dli_fname : "").replace_filename(file);
    std::error_code failure;
    return fs::exists(beside, failure) ? beside.string() : file;
}

std::string build_text(std::uint32_t abi, const std::string& version)
{
    return "ABI " + std::to_string(abi) + " of version " + version;
}

} // namespace

const Plugin& load_plugin(const std::string& path, const char* problem, const char* expected)
{
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); // for the life of the process, as LibTorch wants
    if (!library)
        throw Error{ { problem, path, dlerror(), expected } };
    const auto* plugin = static_cast<const Plugin*>(dlsym(library, kPluginSymbol));
    const std::string this_build = build_text(kPluginAbi, kVersion);
    if (!plugin)
        throw Error{ { "this plug-in is of another build", path, std::string("no ") + kPluginSymbol, this_build } };
    if (plugin->abi != kPluginAbi || std::string(plugin->version) != kVersion)
        throw Error{ { "this plug-in is of another build", path, build_text(plugin->abi, plugin->version),
                       this_build } };
    return *plugin;
}

std::unique_ptr<Program> make_torch_program(const std::string& path, std::int64_t length, std::int64_t classes,
                                            int max_batch)
{
    static const Plugin& plugin = load_plugin(path_of("torch"), "cannot load the LibTorch plug-in",
                                              "a build with LibTorch (-DPRUNEDAMR_TRAIN=ON)");
    return plugin.make_torch(path, length, classes, max_batch);
}

std::unique_ptr<Program> make_onednn_program(const CompiledGraph& graph, int max_batch)
{
    static const Plugin& plugin = load_plugin(path_of("onednn"), "this build has no oneDNN",
                                              "the native backend, or a build with libdnnl-dev");
    return plugin.make_onednn(graph, max_batch);
}

} // namespace prunedamr::engine
