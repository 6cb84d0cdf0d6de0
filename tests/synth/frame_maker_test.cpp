// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/frame_maker.h"

#include "prunedamr/base/error.h"
#include "prunedamr/synth/recipe/recipe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

namespace prunedamr::synth {
namespace {

FrameMakerConfig on_air()
{
    FrameMakerConfig config;
    config.recipe = load_recipe("onair");
    return config;
}

TEST(FrameMaker, GivesTheSameForAnyNumberOfThreads)
{
    FrameMakerConfig config = on_air();
    config.threads = 1;
    const dataset::Dataset one = FrameMaker(config).make(20, 7);
    config.threads = 3;
    FrameMaker three(config);
    EXPECT_NE(three.make(20, 8).frames, one.frames);
    const dataset::Dataset again = three.make(20, 7);
    EXPECT_EQ(one.frames, again.frames);
    EXPECT_EQ(one.label, again.label);
    EXPECT_EQ(one.group, again.group);
}

TEST(FrameMaker, HasClassesByTheirSharesSmallGroupsAndUnitFrames)
{
    FrameMaker maker(on_air());
    const dataset::Dataset dataset = maker.make(20, 7);
    EXPECT_NO_THROW(dataset::validate(dataset, "onair"));
    EXPECT_EQ(static_cast<double>(dataset.size()), 20 * maker.total_weight());
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
        EXPECT_EQ(count, 20 * on_air().recipe->weight(dataset.class_names[label])) << dataset.class_names[label];
    EXPECT_EQ(on_air().recipe->weight("QPSK"), 1.0);
    EXPECT_GT(on_air().recipe->weight("unknown"), 1.0);
    for (const auto& [group, count] : groups)
        EXPECT_LE(count, 4);
    EXPECT_EQ(nlohmann::json::parse(dataset.provenance)["recipe"], "onair");
    EXPECT_EQ(nlohmann::json::parse(dataset.provenance)["recipe_hash"], load_recipe("onair")->hash());
    EXPECT_EQ(nlohmann::json::parse(dataset.provenance)["seed"], 7);
}

TEST(FrameMaker, ServesAnyFrontEndAndAnyChoiceOfLabels)
{
    FrameMakerConfig config = on_air();
    config.labels = { "WBFM", "QPSK" };
    config.front_end.kind = FrontEndSpec::Kind::as_is;
    config.front_end.frame_length = 128;
    config.front_end.block_length = 1024;
    const dataset::Dataset dataset = FrameMaker(config).make(5, 1);
    EXPECT_EQ(dataset.class_names, config.labels);
    EXPECT_EQ(dataset.size(), 10);
    EXPECT_EQ(dataset.frames.size(), 10u * 2 * 128);
    EXPECT_TRUE(dataset.front_end == config.front_end);
}

TEST(FrameMaker, RefusesWhatCannotBeMade)
{
    const auto message = [](const std::function<void(FrameMakerConfig&)>& spoil, int frames = 5) -> std::string {
        FrameMakerConfig config = on_air();
        spoil(config);
        try {
            FrameMaker(config).make(frames, 1);
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(message([](auto&) {}, 0),
              "recipe onair: bad number of frames per class: found 0, expected at least 1");
    EXPECT_EQ(message([](auto& c) {
                  c.labels = { "WBFM", "WBFM" };
              }),
              "recipe onair: bad labels: found a label twice, expected each label once");
    EXPECT_NE(message([](auto& c) {
                  c.labels = { "WBFM", "5G" };
              }).find("unknown label: found 5G"),
              std::string::npos);
    EXPECT_NE(message([](auto& c) { c.snr_low_db = 50.0; }).find("bad SNR range"), std::string::npos);
    EXPECT_NE(message([](auto& c) { c.front_end.frame_length = 3; }).find("frame_length"), std::string::npos);
}

} // namespace
} // namespace prunedamr::synth
