// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dataset/dataset_testing.h"

#include <limits>
#include <map>
#include <set>

namespace prunedamr::dataset {
namespace {

std::map<Split, std::size_t> part_sizes(const Dataset& dataset)
{
    return { { Split::train, dataset.indices(Split::train).size() },
             { Split::validation, dataset.indices(Split::validation).size() },
             { Split::test, dataset.indices(Split::test).size() } };
}

TEST(Dataset, IndicesListEachFrameOnceByPart)
{
    const Dataset dataset = small_dataset(7);
    EXPECT_EQ(dataset.indices(Split::train), (std::vector<std::int64_t>{ 0, 3, 6 }));
    EXPECT_EQ(dataset.indices(Split::validation), (std::vector<std::int64_t>{ 1, 4 }));
    EXPECT_EQ(dataset.indices(Split::test), (std::vector<std::int64_t>{ 2, 5 }));
    EXPECT_TRUE(Dataset().indices(Split::train).empty());
}

TEST(Dataset, ValidateNamesTheFieldAndTheNumbers)
{
    const Dataset good = small_dataset(6);
    EXPECT_EQ(message_of([&] { validate(good, "a.h5"); }), "");
    EXPECT_EQ(message_of([&] { validate(small_dataset(0), "a.h5"); }), "");

    Dataset bad = good;
    bad.snr_db.pop_back();
    EXPECT_EQ(message_of([&] { validate(bad, "a.h5"); }), "a.h5: snr_db has the wrong length: found 5, expected 6");
    bad = good;
    bad.frames.pop_back();
    EXPECT_EQ(message_of([&] { validate(bad, "a.h5"); }),
              "a.h5: frames has the wrong length: found 191, expected 192");
    bad = good;
    bad.label[4] = 3;
    EXPECT_EQ(message_of([&] { validate(bad, "a.h5"); }),
              "a.h5: label of frame 4 is out of range: found 3, expected 0..2");
    bad = good;
    bad.label[0] = -1;
    EXPECT_NE(message_of([&] { validate(bad, "a.h5"); }).find("label of frame 0"), std::string::npos);
    bad = good;
    bad.part[1] = static_cast<Split>(9);
    EXPECT_EQ(message_of([&] { validate(bad, "a.h5"); }),
              "a.h5: part of frame 1 is out of range: found 9, expected 0..2");
    bad = good;
    bad.frames[2 * 16 * 3 + 5] = std::numeric_limits<float>::infinity();
    EXPECT_EQ(message_of([&] { validate(bad, "a.h5"); }), "a.h5: frame 3 holds a sample that is not finite");
    bad = good;
    bad.class_names[2] = "BPSK";
    EXPECT_EQ(message_of([&] { validate(bad, "a.h5"); }),
              "a.h5: class_names holds a name twice: found BPSK, expected each name once");
}

TEST(Split, IsExactInCellsOfSingleFrames)
{
    Dataset dataset = small_dataset(0);
    for (int i = 0; i < 2000; ++i) {
        dataset.label.push_back(i % 2);
        dataset.snr_db.push_back(i % 4 < 2 ? -4.0f : 10.0f);
        dataset.group.push_back(i);
    }
    assign_split(dataset, { 0.1, 0.2 }, 3);
    std::map<std::tuple<int, float, Split>, int> cells;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        ++cells[{ dataset.label[i], dataset.snr_db[i], dataset.part[i] }];
    ASSERT_EQ(cells.size(), 12u);
    for (const auto& [cell, count] : cells)
        EXPECT_EQ(count, std::get<2>(cell) == Split::train ? 350 : std::get<2>(cell) == Split::test ? 100 : 50);
}

TEST(Split, NeverDividesAGroupAndMeetsTheSharesOverSmallCells)
{
    Dataset dataset = small_dataset(997);
    assign_split(dataset, { 0.1, 0.2 }, 11);
    std::map<std::int64_t, std::set<Split>> parts;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        parts[dataset.group[i]].insert(dataset.part[i]);
    for (const auto& [group, seen] : parts)
        EXPECT_EQ(seen.size(), 1u) << "group " << group;
    auto sizes = part_sizes(dataset);
    EXPECT_NEAR(static_cast<double>(sizes[Split::test]), 199.4, 2.0);
    EXPECT_NEAR(static_cast<double>(sizes[Split::validation]), 99.7, 2.0);
}

TEST(Split, DependsOnTheSeedAlone)
{
    Dataset a = small_dataset(300);
    Dataset b = small_dataset(300);
    b.part.clear();
    assign_split(a, {}, 5);
    assign_split(b, {}, 5);
    EXPECT_EQ(a.part, b.part);
    assign_split(b, {}, 6);
    EXPECT_NE(a.part, b.part);
}

TEST(Split, RefusesSharesThatLeaveNothingToTrain)
{
    Dataset dataset = small_dataset(4);
    EXPECT_NE(message_of([&] {
                  assign_split(dataset, { 0.5, 0.5 }, 1);
              }).find("together below 1"),
              std::string::npos);
    EXPECT_NE(message_of([&] {
                  assign_split(dataset, { -0.1, 0.5 }, 1);
              }).find("bad split fractions"),
              std::string::npos);
}

} // namespace
} // namespace prunedamr::dataset
