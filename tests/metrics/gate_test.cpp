// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/metrics/gate.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <cmath>

namespace prunedamr::metrics {
namespace {

/// Emissions of some classes, one decision each; `right`: chance that a model names one.
struct Air {
    int classes = 10, emissions = 500; ///< of each class
    std::uint64_t seed = 1;
};

JointAnswers drawn(const Air& air, const std::function<double(int)>& before, const std::function<double(int)>& after)
{
    Rng rng(air.seed);
    JointAnswers joint;
    for (int c = 0; c < air.classes; ++c) {
        joint.names.push_back("class" + std::to_string(c));
        joint.families.push_back(joint.names.back());
    }
    joint.names.push_back("unknown");
    joint.families.push_back("unknown");
    for (int c = 0; c < air.classes; ++c)
        for (int i = 0; i < air.emissions; ++i) {
            const double easy = rng.uniform(); // the same emissions are hard for both
            const auto answer = [&](double right) { return easy < right ? c : (c + 1) % air.classes; };
            joint.decisions.push_back({ c, answer(before(c)), answer(after(c)), static_cast<std::int64_t>(joint.decisions.size()) });
        }
    return joint;
}

std::function<double(int)> always(double right)
{
    return [right](int) { return right; };
}

/// McNemar's exact test by its definition: 8 won, 1 lost: (1 + 9) / 2^9.
TEST(Gate, BetterIsTheExactTestOfMcNemar)
{
    JointAnswers joint = drawn({ 1, 0 }, always(1), always(1));
    for (int i = 0; i < 20; ++i)
        joint.decisions.push_back({ 0, i < 8 ? 1 : 0, i == 19 ? 1 : 0, i });
    const GateCheck check = check_better(joint, {});
    EXPECT_NEAR(check.numbers["p"].get<double>(), 10.0 / 512.0, 1e-12);
    EXPECT_TRUE(check.passed);
    GateConfig strict;
    strict.alpha = 0.01;
    EXPECT_FALSE(check_better(joint, strict).passed);
}

/// Decisions of one emission are one piece of evidence.
TEST(Gate, ManyDecisionsOfOneEmissionAreNoProof)
{
    JointAnswers joint = drawn({ 1, 0 }, always(1), always(1));
    for (int i = 0; i < 200; ++i)
        joint.decisions.push_back({ 0, 1, 0, i / 100 });
    EXPECT_FALSE(check_better(joint, {}).passed);
}

TEST(Gate, TheSameModelIsNotBetterAndNotWorse)
{
    const JointAnswers same = drawn({}, always(0.8), always(0.8));
    EXPECT_FALSE(check_better(same, {}).passed);
    EXPECT_TRUE(check_accuracy(same, {}).passed);
    EXPECT_TRUE(check_classes(same, {}).passed);
    EXPECT_TRUE(check_rejection(same, {}).passed);
    EXPECT_TRUE(check_cost({ &same }, {}).passed);
}

TEST(Gate, ALossBeyondTheMarginFails)
{
    EXPECT_FALSE(check_accuracy(drawn({}, always(0.8), always(0.79)), {}).passed);
    EXPECT_TRUE(check_accuracy(drawn({}, always(0.8), always(0.799)), {}).passed);
}

TEST(Gate, TooFewToTellFails)
{
    JointAnswers few = drawn({ 10, 5 }, always(0.8), always(0.8));
    few.decisions[0].after = few.decisions[0].truth;
    few.decisions[0].before = 1 - few.decisions[0].truth;
    few.decisions[1].before = few.decisions[1].truth;
    few.decisions[1].after = 1 - few.decisions[1].truth;
    const GateCheck check = check_accuracy(few, {});
    EXPECT_FALSE(check.passed);
    EXPECT_NE(check.text.find("too few to tell"), std::string::npos) << check.text;
}

TEST(Gate, AClassThatLosesIsNamedThoughAllAreAsGood)
{
    const JointAnswers joint = drawn({}, always(0.8), [](int c) { return c == 3 ? 0.7 : 0.815; });
    EXPECT_TRUE(check_accuracy(joint, {}).passed);
    const GateCheck check = check_classes(joint, {});
    EXPECT_FALSE(check.passed);
    EXPECT_EQ(check.text.find("worse: class3 -"), 0u) << check.text;
    EXPECT_TRUE(check.numbers["classes"]["class3"]["worse"].get<bool>());
    EXPECT_FALSE(check.numbers["classes"]["class4"]["worse"].get<bool>());
}

/// Of models whose every class loses just the margin, at most alpha fail. The before and after of a class differ in
/// independent emissions: each of 25 classes alone would fail alpha of them.
TEST(Gate, ManyClassesAreNoMoreReasonToFail)
{
    int failed = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Rng rng(seed);
        JointAnswers joint = drawn({ 25, 0 }, always(1), always(1));
        for (int c = 0; c < 25; ++c)
            for (int i = 0; i < 400; ++i) {
                const double u = rng.uniform();
                const int change = u < 0.05 ? 1 : u < 0.10 + 0.005 ? -1 : 0; // loses half a point
                const int wrong = (c + 1) % 25;
                joint.decisions.push_back({ c, change == 1 ? wrong : c, change == -1 ? wrong : c, c * 400 + i });
            }
        failed += !check_classes(joint, {}).passed;
    }
    EXPECT_LE(failed, 12); // of 5 expected; 13 or more have a chance of 2e-3
}

TEST(Gate, RejectionsOfNamedSignalsCount)
{
    JointAnswers joint = drawn({}, always(0.8), always(0.8));
    const int unknown = 10;
    for (std::size_t i = 0; i < joint.decisions.size(); i += 20)
        joint.decisions[i].after = unknown;
    const GateCheck check = check_rejection(joint, {});
    EXPECT_FALSE(check.passed);
    EXPECT_NEAR(check.numbers["false_rejection"].get<double>(), 0.05, 1e-9);
}

TEST(Gate, ConfusionsHaveTheirPrice)
{
    JointAnswers joint = drawn({}, always(0.8), always(0.8));
    for (auto& one : joint.decisions)
        if (one.before == one.truth && one.truth == 2 && one.group % 4 == 0)
            one.after = 5;
        else if (one.before != one.truth && one.truth != 2)
            one.after = one.truth; // much better elsewhere
    EXPECT_TRUE(check_cost({ &joint }, {}).passed);
    GateConfig dear;
    dear.costs = read_costs(R"({"class2": {"class5": 100}})", "costs");
    EXPECT_FALSE(check_cost({ &joint }, dear).passed);
    dear.cost_margin = 100.0;
    EXPECT_TRUE(check_cost({ &joint }, dear).passed);
    EXPECT_THROW(read_costs(R"({"a": {"b": -1}})", "costs"), Error);
    EXPECT_THROW(read_costs("{", "costs"), Error);
}

TEST(Gate, ACostOfAClassThatNobodyHasIsASlip)
{
    const JointAnswers joint = drawn({ 2, 10 }, always(1), always(1));
    GateConfig config;
    config.costs["class0"]["class7"] = 2.0;
    EXPECT_ERROR(check_cost({ &joint }, config), "cost of a class that neither data nor models have");
}

/// More emissions won than lost, and fewer decisions right.
TEST(Gate, WhatIsRightLessOftenIsNotBetter)
{
    JointAnswers joint = drawn({ 1, 0 }, always(1), always(1));
    for (int i = 0; i < 10; ++i)
        joint.decisions.push_back({ 0, 1, 0, i });
    for (int i = 10; i < 13; ++i)
        for (int k = 0; k < 8; ++k)
            joint.decisions.push_back({ 0, 0, 1, i });
    const GateCheck check = check_better(joint, {});
    EXPECT_LT(check.numbers["p"].get<double>(), 0.05);
    EXPECT_FALSE(check.passed);
}

TEST(Gate, NoDataIsNoPass)
{
    EXPECT_FALSE(check_accuracy(drawn({ 1, 0 }, always(1), always(1)), {}).passed);
}

/// Two emissions lost of a class are no proof.
TEST(Gate, OfAClassWithFewEmissionsNothingIsSaid)
{
    JointAnswers joint = drawn({ 2, 200 }, always(1), always(1));
    joint.names.insert(joint.names.begin() + 2, "rare");
    joint.families.insert(joint.families.begin() + 2, "rare");
    for (int i = 0; i < 2; ++i)
        joint.decisions.push_back({ 2, 2, 0, 1000 + i });
    EXPECT_TRUE(check_classes(joint, {}).passed);
    for (int i = 2; i < 12; ++i)
        joint.decisions.push_back({ 2, 2, 0, 1000 + i });
    EXPECT_FALSE(check_classes(joint, {}).passed);
}

TEST(Gate, ModelsThatAreSurerThanTheyAreRightFail)
{
    const auto opinion = [&](double scale) {
        Opinion one;
        one.info.labels = one.evaluation.class_names = { "BPSK", "QPSK" };
        one.info.families = { "PSK", "PSK" };
        one.evaluation.logits.classes = 2;
        Rng draw(3);
        for (int i = 0; i < 4000; ++i) { // right three times of four, by logits that say so when they are not scaled
            const bool is_right = draw.uniform() < 0.75;
            one.evaluation.labels.push_back(0);
            const auto sure = static_cast<float>(scale * std::log(3.0));
            one.evaluation.logits.values.insert(one.evaluation.logits.values.end(), { is_right ? sure : 0.0f, is_right ? 0.0f : sure });
        }
        return one;
    };
    EXPECT_TRUE(check_calibration(opinion(1.0), opinion(1.0), {}).passed);
    EXPECT_FALSE(check_calibration(opinion(1.0), opinion(3.0), {}).passed);
    EXPECT_TRUE(check_calibration(opinion(3.0), opinion(1.0), {}).passed);
}

TEST(Gate, LatencyIsARatio)
{
    EXPECT_TRUE(check_latency(100, 120, {}).passed);
    EXPECT_FALSE(check_latency(100, 130, {}).passed);
}

/// A model of two classes and one that knows a third, on data whose classes stand in another order.
TEST(Gate, DecisionsAreJoinedByNames)
{
    Opinion before, after;
    before.info.labels = { "BPSK", "unknown" };
    before.info.families = { "PSK", "unknown" };
    after.info.labels = { "BPSK", "unknown", "8FSK" };
    after.info.families = { "PSK", "unknown", "FSK" };
    for (Opinion* one : { &before, &after }) {
        one->info.decision.min_confidence = 0.1;
        one->evaluation.class_names = { "8FSK", "BPSK" };
        one->evaluation.labels = std::vector<std::int32_t>(10, 0);
        one->evaluation.groups = std::vector<std::int64_t>(10, 4); // one emission: of eight frames and of two
        one->evaluation.labels.push_back(1);
        one->evaluation.groups.push_back(5);
        one->evaluation.logits.classes = one->info.labels.size();
    }
    for (int i = 0; i < 11; ++i) {
        const auto add = [](Opinion& opinion, std::initializer_list<float> row) {
            opinion.evaluation.logits.values.insert(opinion.evaluation.logits.values.end(), row);
        };
        add(before, { i == 10 ? 3.0f : 0.0f, i == 10 ? 0.0f : 3.0f });
        add(after, { i == 10 ? 3.0f : 0.0f, 0.0f, i == 10 ? 0.0f : 3.0f });
    }
    const JointAnswers joint = join(before, after);
    ASSERT_EQ(joint.decisions.size(), 3u);
    const auto name = [&](int place) { return joint.names[static_cast<std::size_t>(place)]; };
    for (int i = 0; i < 3; ++i) {
        const Answer& one = joint.decisions[static_cast<std::size_t>(i)];
        EXPECT_EQ(name(one.truth), i < 2 ? "8FSK" : "BPSK");
        EXPECT_EQ(name(one.before), i < 2 ? "unknown" : "BPSK");
        EXPECT_EQ(name(one.after), i < 2 ? "8FSK" : "BPSK");
        EXPECT_EQ(one.group, i < 2 ? 4 : 5);
    }
    EXPECT_THROW(join(after, before), Error); // which does not know 8FSK
}

} // namespace
} // namespace prunedamr::metrics
