// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/dataset.h"

#include "tests/support/expect_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunedamr::dataset {
namespace {

Dataset three_classes()
{
    Dataset dataset;
    dataset.front_end.frame_length = 2;
    dataset.class_names = { "BPSK", "QPSK", "WBFM" };
    for (int i = 0; i < 7; ++i) {
        dataset.label.push_back(i % 3);
        dataset.snr_db.push_back(static_cast<float>(i));
        dataset.group.push_back(10 + i);
        dataset.part.push_back(i < 4 ? Split::train : Split::test);
        for (int s = 0; s < 4; ++s)
            dataset.frames.push_back(static_cast<float>(10 * i + s));
    }
    dataset.provenance = R"({"seed":3})";
    return dataset;
}

} // namespace

TEST(SelectClasses, KeepsEveryFieldOfTheFramesThatStay)
{
    const Dataset all = three_classes();
    const Dataset some = select_classes(all, { "WBFM", "BPSK" });
    EXPECT_EQ(some.class_names, (std::vector<std::string>{ "BPSK", "WBFM" }));
    EXPECT_EQ(some.label, (std::vector<std::int32_t>{ 0, 1, 0, 1, 0 })); // frames 0, 2, 3, 5, 6
    EXPECT_EQ(some.snr_db, (std::vector<float>{ 0, 2, 3, 5, 6 }));
    EXPECT_EQ(some.group, (std::vector<std::int64_t>{ 10, 12, 13, 15, 16 }));
    EXPECT_EQ(some.indices(Split::test), (std::vector<std::int64_t>{ 3, 4 }));
    EXPECT_EQ(some.frame(3)[1], 51.0F);
    EXPECT_EQ(nlohmann::json::parse(some.provenance)["seed"], 3);
    EXPECT_EQ(nlohmann::json::parse(some.provenance)["classes"], nlohmann::json(some.class_names));
    EXPECT_NO_THROW(validate(some, "selected"));
}

TEST(SelectClasses, AllClassesAreTheSameFrames)
{
    const Dataset all = three_classes();
    const Dataset same = select_classes(all, all.class_names);
    EXPECT_EQ(same.frames, all.frames);
    EXPECT_EQ(same.label, all.label);
}

TEST(SelectClasses, RefusesUnknownAndRepeatedNames)
{
    EXPECT_ERROR(select_classes(three_classes(), { "BPSK", "8PSK" }),
                 "classes: the frames have no such class: found 8PSK, expected BPSK, QPSK, WBFM");
    EXPECT_ERROR(select_classes(three_classes(), { "BPSK", "BPSK" }), "class named twice: found BPSK");
    EXPECT_ERROR(select_classes(three_classes(), {}), "no class is named");
}

} // namespace prunedamr::dataset
