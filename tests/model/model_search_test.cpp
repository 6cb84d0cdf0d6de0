// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model_search.h"

#include "prunedamr/base/error.h"

#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>

using namespace prunedamr;
namespace fs = std::filesystem;

namespace {

/// A folder of two models, named by PRUNEDAMR_MODELS while this lives.
class Folder
{
public:
    Folder()
    {
        for (const char* name : { "a.safetensors", "b.safetensors", "a.md" })
            std::ofstream(folder_ / name) << "content is another's concern";
        setenv("PRUNEDAMR_MODELS", folder_.path().c_str(), 1);
    }
    ~Folder() { unsetenv("PRUNEDAMR_MODELS"); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path operator/(const char* name) const { return folder_ / name; }
    std::string text() const { return folder_.path(); }

private:
    test::TemporaryFolder folder_;
};

/// How often the library that holds `find_model` was looked up.
std::atomic<int> g_look_ups{ 0 };
const int kLookUpsOfLoading = g_look_ups; // of what runs before this program's own initializers

} // namespace

/// Stands before that of the C library.
extern "C" int dladdr1(const void* address, Dl_info* info, void** extra, int flags) noexcept
{
    g_look_ups += address == reinterpret_cast<const void*>(&model::find_model);
    using Original = int (*)(const void*, Dl_info*, void**, int);
    static const auto original = reinterpret_cast<Original>(dlsym(RTLD_NEXT, "dladdr1"));
    return original(address, info, extra, flags);
}

TEST(ModelSearch, LoadingTheLibraryLooksNothingUp)
{
    EXPECT_EQ(kLookUpsOfLoading, 0);
    for (int twice = 0; twice < 2; ++twice)
        EXPECT_THROW(model::find_model("no-such-model"), Error);
    EXPECT_EQ(g_look_ups, 1);
}

TEST(ModelSearch, FindsByNameWithOrWithoutExtension)
{
    const Folder folder;
    EXPECT_EQ(model::find_model("a"), folder / "a.safetensors");
    EXPECT_EQ(model::find_model("b.safetensors"), folder / "b.safetensors");
}

TEST(ModelSearch, LeavesPathsAlone)
{
    const Folder folder;
    for (const std::string path : { "./a", "/nowhere/a.safetensors", "../x.pt" })
        EXPECT_EQ(model::find_model(path), path);
    const std::string here = "model-search-test.pt"; // a file in the working folder comes before any name
    std::ofstream(here) << "x";
    EXPECT_EQ(model::find_model(here), here);
    fs::remove(here);
}

TEST(ModelSearch, AFolderOrWhatMayNotBeLookedAtHidesNoModel)
{
    const Folder folder;
    fs::create_directory("a");
    EXPECT_EQ(model::find_model("a"), folder / "a.safetensors");
    fs::remove("a");
    EXPECT_THROW(model::find_model(std::string(5000, 'n')), Error);
    std::ofstream("a.safetensors") << "of the working folder";
    setenv("PRUNEDAMR_MODELS", "", 1);
    EXPECT_THROW(model::find_model("a"), Error); // empty is unset, not the working folder
    fs::remove("a.safetensors");
}

TEST(ModelSearch, SaysWhichThereAre)
{
    const Folder folder;
    for (const std::string name : { "c", "" })
        try {
            model::find_model(name);
            FAIL() << "found '" << name << "'";
        } catch (const Error& error) {
            EXPECT_EQ(error.parts().found, name);
            EXPECT_NE(error.parts().expected.find("a, b in " + folder.text()), std::string::npos) << error.what();
        }
}
