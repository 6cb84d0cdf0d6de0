// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/expect_error.h"
#include "prunedamr/report/frame_cells.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::report {
namespace {

struct Row {
    const char* label;
    float snr_db;
    dataset::Split part = dataset::Split::train;
};

/// One frame a row; its level tells which it was.
dataset::Dataset make(const std::vector<Row>& rows)
{
    dataset::Dataset dataset;
    dataset.front_end.frame_length = 16;
    dataset.class_names = { "QAM16", "BPSK", "morse" };
    for (const Row& row : rows) {
        const auto at = std::find(dataset.class_names.begin(), dataset.class_names.end(), row.label);
        dataset.label.push_back(static_cast<std::int32_t>(at - dataset.class_names.begin()));
        dataset.snr_db.push_back(row.snr_db);
        dataset.part.push_back(row.part);
        dataset.group.push_back(0);
        dataset.frames.insert(dataset.frames.end(), 32, 1.0f);
    }
    return dataset;
}

std::vector<FrameCell> chosen(const std::vector<Row>& rows, CellChoice choice = {})
{
    FrameCells cells(std::move(choice));
    const auto dataset = make(rows);
    cells.add(dataset, dataset, "file");
    return std::move(cells).chosen();
}

TEST(FrameCells, TheNearestSnrOfEachClassIsTaken)
{
    const auto cells =
        chosen({ { "QAM16", 3 }, { "QAM16", 12.9f }, { "QAM16", 13.1f }, { "QAM16", 18 }, { "BPSK", -20 } });
    ASSERT_EQ(cells.size(), 4u); // BPSK has one cell, nearest to all three
    EXPECT_EQ(cells[0].label, "BPSK");
    EXPECT_EQ(cells[0].snr_db, -20.0);
    EXPECT_EQ(cells[1].label, "16QAM");
    EXPECT_EQ(cells[1].snr_db, 4.0);
    EXPECT_EQ(cells[2].snr_db, 12.0);
    EXPECT_EQ(cells[3].snr_db, 18.0);
}

TEST(FrameCells, UnknownSnrIsACellOnlyWhereNoneIsKnown)
{
    const float unknown = std::nanf("");
    const auto cells = chosen({ { "morse", unknown }, { "BPSK", unknown }, { "BPSK", 6 }, { "morse", INFINITY } });
    ASSERT_EQ(cells.size(), 2u);
    EXPECT_EQ(cells[0].snr_db, 6.0);
    EXPECT_EQ(cells[1].label, "morse"); // not in the table: last
    EXPECT_TRUE(std::isnan(cells[1].snr_db));
    EXPECT_EQ(cells[1].frames, 2);
}

TEST(FrameCells, AllFramesAreCountedAndTheFirstOnesKept)
{
    CellChoice choice;
    choice.examples = 2;
    choice.part = dataset::Split::test;
    const auto cells = chosen({ { "BPSK", 0, dataset::Split::test },
                                { "BPSK", 0, dataset::Split::test },
                                { "BPSK", 0 },
                                { "BPSK", 0, dataset::Split::test } },
                              choice);
    ASSERT_EQ(cells.size(), 1u);
    EXPECT_EQ(cells[0].frames, 3);
    EXPECT_EQ(cells[0].examples.size(), 2u);
}

TEST(FrameCells, ClassesAreAskedForByAnyOfTheirNames)
{
    CellChoice choice;
    choice.labels = { "16QAM", "morse" };
    EXPECT_EQ(chosen({ { "QAM16", 0 }, { "BPSK", 0 }, { "morse", 0 } }, choice).size(), 2u);
}

TEST(FrameCells, FilesStandSideBySide)
{
    FrameCells cells{ CellChoice{} };
    const auto dataset = make({ { "BPSK", 10 }, { "QAM16", 10 } });
    for (const char* file : { "synthetic", "antenna" })
        cells.add(dataset, dataset, file);
    const auto result = std::move(cells).chosen();
    ASSERT_EQ(result.size(), 4u);
    EXPECT_EQ(result[0].label + result[0].source, "BPSKsynthetic");
    EXPECT_EQ(result[1].label + result[1].source, "BPSKantenna");
}

TEST(FrameCells, WhatIsNotThereIsNamed)
{
    CellChoice choice;
    choice.labels = { "BPSK", "9PSK" };
    EXPECT_ERROR(chosen({ { "BPSK", 0 } }, choice), "9PSK");
    choice.labels.clear();
    choice.part = dataset::Split::validation;
    EXPECT_ERROR(chosen({ { "BPSK", 0 } }, choice), "nothing to draw");
    EXPECT_ERROR(chosen({}), "file");
}

} // namespace
} // namespace prunedamr::report
