// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/engine/program.h"

#include <dlfcn.h>

#include <filesystem>

namespace prunedamr::engine {
namespace {

/// The plug-in comes from the same build: it lies beside the library that holds this function.
std::string plugin_path()
{
    Dl_info here{};
    dladdr(reinterpret_cast<const void*>(&make_torch_program), &here);
    return std::filesystem::path(here.dli_fname ? here.dli_fname : "").replace_filename("libprunedamr-torch.so");
}

MakeTorchProgram* load_plugin()
{
    const std::string path = plugin_path();
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); // for the life of the process, as LibTorch wants
    void* symbol = library ? dlsym(library, kTorchProgram) : nullptr;
    if (!symbol)
        throw Error{ { "cannot load the LibTorch plug-in", path, dlerror(),
                       "a build with LibTorch (-DPRUNEDAMR_WORKSHOP=ON)" } };
    return reinterpret_cast<MakeTorchProgram*>(symbol);
}

} // namespace

std::unique_ptr<Program> make_torch_program(const std::string& path, std::int64_t length, std::int64_t classes,
                                            int max_batch)
{
    static MakeTorchProgram* const make = load_plugin();
    return make(path, length, classes, max_batch);
}

} // namespace prunedamr::engine
