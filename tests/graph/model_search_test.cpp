// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/model_search.h"

#include "prunedamr/base/error.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace prunedamr;
namespace fs = std::filesystem;

namespace {

/// A folder of two models, named by PRUNEDAMR_MODELS while this lives.
class Folder
{
public:
    Folder() : path_(fs::path(testing::TempDir()) / ("prunedamr-models-" + std::to_string(getpid())))
    {
        fs::create_directories(path_);
        for (const char* name : { "a.safetensors", "b.safetensors", "a.md" })
            std::ofstream(path_ / name) << "content is another's concern";
        setenv("PRUNEDAMR_MODELS", path_.c_str(), 1);
    }
    ~Folder()
    {
        unsetenv("PRUNEDAMR_MODELS");
        fs::remove_all(path_);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path operator/(const char* name) const { return path_ / name; }
    std::string text() const { return path_; }

private:
    fs::path path_;
};

} // namespace

TEST(ModelSearch, FindsByNameWithOrWithoutExtension)
{
    const Folder folder;
    EXPECT_EQ(graph::find_model("a"), folder / "a.safetensors");
    EXPECT_EQ(graph::find_model("b.safetensors"), folder / "b.safetensors");
}

TEST(ModelSearch, LeavesPathsAlone)
{
    const Folder folder;
    for (const std::string path : { "./a", "/nowhere/a.safetensors", "../x.pt" })
        EXPECT_EQ(graph::find_model(path), path);
    const std::string here = "model-search-test.pt"; // a file in the working folder comes before any name
    std::ofstream(here) << "x";
    EXPECT_EQ(graph::find_model(here), here);
    fs::remove(here);
}

TEST(ModelSearch, AFolderOrWhatMayNotBeLookedAtHidesNoModel)
{
    const Folder folder;
    fs::create_directory("a");
    EXPECT_EQ(graph::find_model("a"), folder / "a.safetensors");
    fs::remove("a");
    EXPECT_THROW(graph::find_model(std::string(5000, 'n')), Error);
    std::ofstream("a.safetensors") << "of the working folder";
    setenv("PRUNEDAMR_MODELS", "", 1);
    EXPECT_THROW(graph::find_model("a"), Error); // empty is unset, not the working folder
    fs::remove("a.safetensors");
}

TEST(ModelSearch, SaysWhichThereAre)
{
    const Folder folder;
    for (const std::string name : { "c", "" })
        try {
            graph::find_model(name);
            FAIL() << "found '" << name << "'";
        } catch (const Error& error) {
            EXPECT_EQ(error.parts().found, name);
            EXPECT_NE(error.parts().expected.find("a, b in " + folder.text()), std::string::npos) << error.what();
        }
}
