// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/version.h"
#include "prunedamr/engine/program.h"

#include <gtest/gtest.h>

namespace prunedamr::engine {
namespace {

const std::string kThisBuild = "ABI " + std::to_string(kPluginAbi) + " of version " + kVersion;

std::string refusal(const std::string& path)
{
    try {
        load_plugin(path, "cannot load the LibTorch plug-in", "a build with LibTorch");
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

TEST(Plugin, OfThisBuildIsTaken)
{
    const Plugin& plugin = load_plugin(FAKE_PLUGIN_GOOD, "", "");
    EXPECT_EQ(plugin.make_torch("any.pt", 1, 1, 1), nullptr);
}

TEST(Plugin, OfAnotherBuildIsRefusedByItsNumbers)
{
    const std::string problem = ": this plug-in is of another build: found ";
    EXPECT_EQ(refusal(FAKE_PLUGIN_ABI),
              FAKE_PLUGIN_ABI + problem + "ABI 99 of version " + kVersion + ", expected " + kThisBuild);
    EXPECT_EQ(refusal(FAKE_PLUGIN_VERSION), FAKE_PLUGIN_VERSION + problem + "ABI " +
                                                      std::to_string(kPluginAbi) +
                                                      " of version 0.0.1, expected " + kThisBuild);
    EXPECT_EQ(refusal(FAKE_PLUGIN_NONE),
              FAKE_PLUGIN_NONE + problem + "no prunedamr_plugin, expected " + kThisBuild);
}

TEST(Plugin, ThatIsNotThereIsNamed)
{
    EXPECT_EQ(refusal("/nowhere/plugin.so").find("/nowhere/plugin.so: cannot load the LibTorch plug-in"), 0u);
}

} // namespace
} // namespace prunedamr::engine
