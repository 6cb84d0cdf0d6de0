// SPDX-License-Identifier: GPL-3.0-or-later
// A plug-in without LibTorch, of the build that FAKE_ABI and FAKE_VERSION log; without them it exports nothing.
#include "prunedamr/base/version.h"
#include "prunedamr/engine/program.h"

#ifdef FAKE_ABI
namespace {

std::unique_ptr<prunedamr::engine::Program> make(const std::string&, std::int64_t, std::int64_t, int)
{
    return nullptr;
}

} // namespace

extern "C" __attribute__((visibility("default"))) const prunedamr::engine::Plugin prunedamr_plugin;
const prunedamr::engine::Plugin prunedamr_plugin = { FAKE_ABI, FAKE_VERSION, &make, nullptr };
#endif
