// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/formats/open_frame_source.h"
#include "prunedamr/dataset/contents.h"

#include "tests/dataset/dataset_testing.h"

#include <nlohmann/json.hpp>

using namespace prunedamr;

namespace {

class Contents : public ::testing::Test
{
protected:
    std::unique_ptr<dataset::FrameSource> source_of(const dataset::Dataset& dataset)
    {
        dataset::write_dataset(dataset, folder_ / "d.safetensors");
        return formats::open_frame_source(folder_ / "d.safetensors");
    }

private:
    test::TemporaryFolder folder_;
};

} // namespace

TEST_F(Contents, HoldEveryFieldAndTheLevels)
{
    dataset::Dataset dataset = dataset::small_dataset(12);
    const std::size_t values = 2 * 16;
    std::fill_n(dataset.frames.begin(), values, 0.0F);          // silent
    std::fill_n(dataset.frames.begin() + values, values, 0.5F); // rms sqrt(0.5)
    std::fill(dataset.frames.begin() + 2 * values, dataset.frames.end(), 0.25F);
    dataset.frames.back() = -0.75F;
    const auto [fields, levels] = dataset::read_contents(*source_of(dataset), true);
    EXPECT_TRUE(fields.frames.empty());
    EXPECT_EQ(fields.label, dataset.label);
    EXPECT_EQ(fields.group, dataset.group);
    EXPECT_EQ(fields.part, dataset.part);
    ASSERT_TRUE(levels);
    EXPECT_EQ(levels->silent_frames, 1);
    EXPECT_NEAR(levels->min_rms, std::sqrt(2 * 0.0625), 1e-9);
    EXPECT_NEAR(levels->max_rms, std::sqrt(0.5), 1e-9);
    EXPECT_EQ(levels->peak, 0.75);
    EXPECT_FALSE(dataset::read_contents(*source_of(dataset), false).levels);
}

TEST_F(Contents, OfSilenceHaveNoLevelButZero)
{
    dataset::Dataset dataset = dataset::small_dataset(2);
    std::fill(dataset.frames.begin(), dataset.frames.end(), 0.0F);
    const auto levels = dataset::read_contents(*source_of(dataset), true).levels;
    ASSERT_TRUE(levels);
    EXPECT_EQ(levels->min_rms, 0.0);
    EXPECT_EQ(levels->silent_frames, 2);
}

TEST(GroupCounts, FindsGroupsThatLieInSeveralParts)
{
    dataset::Dataset fields;
    fields.group = { 1, 1, 2, 2, 3, 3, 3 };
    using dataset::Split;
    fields.part = { Split::train, Split::train,      Split::train, Split::test,
                    Split::train, Split::validation, Split::test };
    const auto groups = dataset::count_groups(fields);
    EXPECT_EQ(groups.count, 3);
    EXPECT_EQ(groups.in_several_parts, 2);
    EXPECT_EQ(dataset::count_groups({}).count, 0);
}

TEST(FrameCounts, StandInTheOrderOfClassesAndParts)
{
    dataset::Dataset fields;
    fields.class_names = { "noise", "BPSK", "OOK" };
    fields.label = { 1, 1, 0 };
    fields.part = { dataset::Split::test, dataset::Split::train, dataset::Split::train };
    EXPECT_EQ(dataset::frames_per_class(fields).dump(), R"({"noise":1,"BPSK":2,"OOK":0})");
    EXPECT_EQ(dataset::frames_per_part(fields).dump(), R"({"train":2,"validation":0,"test":1})");
}
