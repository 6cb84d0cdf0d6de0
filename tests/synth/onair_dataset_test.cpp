// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/synth/onair.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace prunedamr::synth {
namespace {

OnairConfig small_config()
{
    OnairConfig config;
    config.frames_per_class = 30;
    config.seed = 7;
    return config;
}

TEST(OnairDataset, IsTheSameForAnyNumberOfThreads)
{
    OnairConfig config = small_config();
    config.threads = 1;
    const data::Dataset one = onair_dataset(config);
    config.threads = 3;
    const data::Dataset three = onair_dataset(config);
    EXPECT_EQ(one.frames, three.frames);
    EXPECT_EQ(one.label, three.label);
    EXPECT_EQ(one.group, three.group);
    EXPECT_EQ(one.part, three.part);
    config.seed = 8;
    EXPECT_NE(onair_dataset(config).frames, one.frames);
}

TEST(OnairDataset, HasEqualClassesSmallGroupsAndUnitFrames)
{
    const data::Dataset dataset = onair_dataset(small_config());
    EXPECT_NO_THROW(data::validate(dataset, "onair"));
    ASSERT_EQ(dataset.size(), 30 * 14);
    std::map<int, int> classes;
    std::map<std::int64_t, int> groups;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        ++classes[dataset.label[i]];
        ++groups[dataset.group[i]];
        double power = 0.0;
        for (std::int64_t k = 0; k < 2 * dataset.length(); ++k)
            power += dataset.frame(i)[k] * dataset.frame(i)[k];
        EXPECT_NEAR(power / static_cast<double>(dataset.length()), 1.0, 1e-3);
        const bool noise = dataset.class_names[dataset.label[i]] == "noise";
        EXPECT_EQ(std::isnan(dataset.snr_db[i]), noise);
    }
    for (const auto& [label, count] : classes)
        EXPECT_EQ(count, 30) << dataset.class_names[label];
    for (const auto& [group, count] : groups)
        EXPECT_LE(count, 2);
    EXPECT_FALSE(dataset.indices(data::Part::test).empty());
    EXPECT_EQ(dataset.provenance["recipe"], "onair");
    EXPECT_EQ(dataset.provenance["seed"], 7);
}

TEST(OnairDataset, MakesFramesForAnyFrontEndAndAnyChoiceOfLabels)
{
    OnairConfig config = small_config();
    config.frames_per_class = 5;
    config.labels = { "FM", "QPSK" };
    config.front_end.kind = FrontEndSpec::Kind::as_is;
    config.front_end.frame_length = 128;
    config.front_end.block_length = 1024;
    const data::Dataset dataset = onair_dataset(config);
    EXPECT_EQ(dataset.class_names, config.labels);
    EXPECT_EQ(dataset.size(), 10);
    EXPECT_EQ(dataset.frames.size(), 10u * 2 * 128);
    EXPECT_TRUE(dataset.front_end == config.front_end);
}

TEST(OnairDataset, RefusesWhatCannotBeMade)
{
    const auto message = [](const std::function<void(OnairConfig&)>& spoil) -> std::string {
        OnairConfig config = small_config();
        spoil(config);
        try {
            onair_dataset(config);
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(message([](OnairConfig& c) { c.frames_per_class = 0; }),
              "recipe onair: bad frames_per_class: found 0, expected at least 1");
    EXPECT_EQ(message([](OnairConfig& c) {
                  c.labels = { "FM", "FM" };
              }),
              "recipe onair: bad labels: found a label twice, expected each label once");
    EXPECT_NE(message([](OnairConfig& c) {
                  c.labels = { "FM", "5G" };
              }).find("unknown label: found 5G"),
              std::string::npos);
    EXPECT_NE(message([](OnairConfig& c) { c.snr_low_db = 50.0; }).find("bad SNR range"), std::string::npos);
    EXPECT_NE(message([](OnairConfig& c) { c.front_end.frame_length = 3; }).find("frame_length"),
              std::string::npos);
}

} // namespace
} // namespace prunedamr::synth
