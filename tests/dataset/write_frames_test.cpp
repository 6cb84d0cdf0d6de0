// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/dataset_file.h"
#include "prunedamr/formats/open_frame_source.h"

#include "tests/dataset/dataset_testing.h"

#include <nlohmann/json.hpp>

using namespace prunedamr;

namespace {

class WriteFrames : public ::testing::Test
{
protected:
    WriteFrames()
    {
        dataset::write_dataset(in_, folder_ / "in.safetensors");
        options_.path = folder_ / "out.safetensors";
        options_.command = "prunedamr data test";
    }

    nlohmann::ordered_json write()
    {
        return dataset::write_frames(*formats::open_frame_source(folder_ / "in.safetensors"), options_);
    }

    dataset::Dataset out() const { return dataset::read_dataset(options_.path); }

    test::TemporaryFolder folder_;
    dataset::Dataset in_ = dataset::small_dataset(60);
    dataset::WriteOptions options_;
};

} // namespace

TEST_F(WriteFrames, KeepsFramesAndSplit)
{
    const auto summary = write();
    EXPECT_EQ(out().frames, in_.frames);
    EXPECT_EQ(out().part, in_.part);
    EXPECT_EQ(nlohmann::json::parse(out().provenance)["command"], "prunedamr data test");
    EXPECT_EQ(summary["frames"], 60);
    EXPECT_EQ(summary["split"].dump(), R"({"train":20,"validation":20,"test":20})");
    EXPECT_EQ(summary["split_kept"], true);
    EXPECT_EQ(summary["samples"], "float32");
}

TEST_F(WriteFrames, DividesAnewWhenAskedTo)
{
    options_.new_split = true;
    EXPECT_EQ(write()["split_kept"], false);
    EXPECT_NE(out().part, in_.part);
    options_.new_split = false;
    options_.test = 0.0;
    options_.validation = 0.5;
    EXPECT_EQ(write()["split"]["test"], 0);
    EXPECT_TRUE(out().indices(dataset::Split::test).empty());
}

TEST_F(WriteFrames, HalvesTheSamples)
{
    options_.half = true;
    EXPECT_EQ(write()["samples"], "float16");
    EXPECT_NEAR(out().frames[7], in_.frames[7], 1e-3);
}
