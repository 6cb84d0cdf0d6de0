// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/decision_accumulator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

model::ModelInfo labels_only(double temperature = 1.0)
{
    model::ModelInfo info;
    info.labels = { "noise", "BPSK", "QPSK", "16QAM", "64QAM" };
    info.families = { "noise", "PSK", "PSK", "QAM", "QAM" };
    info.decision.temperature = temperature;
    return info;
}

/// The event after frames of these probabilities (their logarithms are the logits).
LabelEvent decide(DecisionAccumulator& accumulator, const std::vector<std::vector<double>>& frames)
{
    accumulator.reset();
    for (const auto& frame : frames) {
        std::vector<float> logits;
        for (const double p : frame)
            logits.push_back(static_cast<float>(std::log(p)));
        accumulator.add(logits.data(), 1);
    }
    LabelEvent event;
    accumulator.decide(event);
    return event;
}

LabelEvent decide(const std::vector<std::vector<double>>& frames, double min_confidence)
{
    model::Decision decision;
    decision.min_confidence = min_confidence;
    DecisionAccumulator accumulator(labels_only(), decision);
    return decide(accumulator, frames);
}

} // namespace

TEST(DecisionAccumulator, GivesTheClassWhenItIsSure)
{
    const LabelEvent e = decide({ { 0.1, 0.1, 0.6, 0.15, 0.05 }, { 0.1, 0.3, 0.4, 0.15, 0.05 } }, 0.5);
    EXPECT_EQ(e.state, State::signal);
    EXPECT_EQ(e.label.view(), "QPSK");
    EXPECT_EQ(e.family.view(), "PSK");
    EXPECT_NEAR(e.confidence, 0.5, 1e-6);
    ASSERT_EQ(e.top_count, 3);
    EXPECT_EQ(e.top[0].label.view(), "QPSK");
    EXPECT_EQ(e.top[1].label.view(), "BPSK");
    EXPECT_NEAR(e.top[1].probability, 0.2, 1e-6);
    EXPECT_EQ(e.top[2].label.view(), "16QAM");
}

TEST(DecisionAccumulator, GivesTheFamilyWhenOnlyThatIsSure)
{
    // The most probable class is BPSK, the most probable family QAM.
    const LabelEvent e = decide({ { 0.05, 0.33, 0.02, 0.3, 0.3 } }, 0.55);
    EXPECT_EQ(e.state, State::signal);
    EXPECT_EQ(e.label.view(), "QAM");
    EXPECT_EQ(e.family.view(), "QAM");
    EXPECT_NEAR(e.confidence, 0.6, 1e-6);
}

TEST(DecisionAccumulator, IsUnknownBelowTheThreshold)
{
    const LabelEvent e = decide({ { 0.1, 0.25, 0.2, 0.25, 0.2 } }, 0.6);
    EXPECT_EQ(e.state, State::unknown);
    EXPECT_EQ(e.label.view(), "unknown");
    EXPECT_EQ(e.family.view(), "unknown");
    EXPECT_NEAR(e.confidence, 0.25, 1e-6);
    EXPECT_EQ(e.top_count, 3);
}

TEST(DecisionAccumulator, IsNoiseWhenNoiseIsMostProbable)
{
    const LabelEvent e = decide({ { 0.3, 0.2, 0.2, 0.15, 0.15 } }, 0.9);
    EXPECT_EQ(e.state, State::noise);
    EXPECT_EQ(e.label.view(), "noise");
    EXPECT_NEAR(e.confidence, 0.3, 1e-6);
}

TEST(DecisionAccumulator, ASureFamilyOutranksNoiseThatIsNotSure)
{
    const LabelEvent e = decide({ { 0.35, 0.33, 0.32, 0.0, 0.0 } }, 0.6);
    EXPECT_EQ(e.state, State::signal);
    EXPECT_EQ(e.label.view(), "PSK");
    EXPECT_NEAR(e.confidence, 0.65, 1e-6);
}

TEST(DecisionAccumulator, WithoutFramesKnowsNothing)
{
    const LabelEvent e = decide({}, 0.0);
    EXPECT_EQ(e.state, State::unknown);
    EXPECT_EQ(e.confidence, 0.0f);
    EXPECT_EQ(e.top_count, 0);
}

TEST(DecisionAccumulator, AFrameWithoutAnswerIsCountedAndSaysNothing)
{
    const float nan = std::numeric_limits<float>::quiet_NaN(), endless = std::numeric_limits<float>::infinity();
    const float answer[] = { 0, 0, 9, 0, 0 };
    const std::vector<std::vector<float>> none = { { nan, nan, nan, nan, nan },
                                                   { 0, 0, nan, 0, 0 },
                                                   { 0, endless, 0, 0, 0 } };
    for (const double threshold : { endless, 0.0F }) {
        model::Decision decision;
        decision.unknown_score = threshold;
        DecisionAccumulator accumulator(labels_only(), decision);
        for (const auto& logits : none)
            accumulator.add(logits.data(), 1);
        EXPECT_EQ(accumulator.frames(), none.size());
        LabelEvent event;
        accumulator.decide(event);
        EXPECT_EQ(event.state, State::unknown);
        EXPECT_EQ(event.confidence, 0.0f);
        EXPECT_EQ(event.top_count, 0);
        accumulator.add(answer, 1);
        accumulator.decide(event);
        EXPECT_EQ(event.label.view(), "QPSK");
        EXPECT_GT(event.confidence, 0.99f);
    }
}

TEST(DecisionAccumulator, TemperatureSoftensAndLargeLogitsDoNotOverflow)
{
    const model::ModelInfo info = labels_only(500.0);
    DecisionAccumulator accumulator(info, info.decision);
    const float logits[] = { 0.0f, 1000.0f, 0.0f, 0.0f, -1000.0f };
    accumulator.add(logits, 1);
    LabelEvent event;
    accumulator.decide(event);
    EXPECT_NEAR(event.confidence, std::exp(2.0) / (std::exp(2.0) + 3.0 + std::exp(-2.0)), 1e-6);
}

TEST(DecisionAccumulator, ResetForgets)
{
    DecisionAccumulator accumulator(labels_only(), {});
    const float first[] = { 0, 9, 0, 0, 0 }, second[] = { 0, 0, 9, 0, 0 };
    accumulator.add(first, 1);
    accumulator.reset();
    EXPECT_EQ(accumulator.frames(), 0u);
    accumulator.add(second, 1);
    LabelEvent event;
    accumulator.decide(event);
    EXPECT_EQ(event.label.view(), "QPSK");
    EXPECT_GT(event.confidence, 0.99f);
}

TEST(DecisionAccumulator, KeepsItsLabelUntilAnotherIsClearlyBetter)
{
    model::Decision decision;
    decision.min_confidence = 0.3;
    decision.hysteresis = 0.1;
    DecisionAccumulator accumulator(labels_only(), decision);
    EXPECT_EQ(decide(accumulator, { { 0.1, 0.5, 0.4, 0.0, 0.0 } }).label.view(), "BPSK");
    EXPECT_EQ(decide(accumulator, { { 0.1, 0.42, 0.48, 0.0, 0.0 } }).label.view(), "BPSK");
    EXPECT_EQ(decide(accumulator, { { 0.1, 0.39, 0.51, 0.0, 0.0 } }).label.view(), "QPSK");
    EXPECT_EQ(decide(accumulator, { { 0.1, 0.48, 0.42, 0.0, 0.0 } }).label.view(), "QPSK");
    EXPECT_EQ(decide(accumulator, { { 0.9, 0.05, 0.05, 0.0, 0.0 } }).label.view(), "noise"); // and forgets
    EXPECT_EQ(decide(accumulator, { { 0.1, 0.48, 0.42, 0.0, 0.0 } }).label.view(), "BPSK");
    decide(accumulator, {}); // silence
    EXPECT_EQ(decide(accumulator, { { 0.1, 0.42, 0.48, 0.0, 0.0 } }).label.view(), "QPSK");
}

TEST(DecisionAccumulator, HoldsALabelForEachOfSeveralSignals)
{
    model::Decision decision;
    decision.min_confidence = 0.3;
    decision.hysteresis = 0.1;
    DecisionAccumulator accumulator(labels_only(), decision);
    std::size_t first = DecisionAccumulator::kNone, second = DecisionAccumulator::kNone;
    const auto label = [&](std::size_t& held, double bpsk) {
        accumulator.set_previous_label(held);
        const LabelEvent event = decide(accumulator, { { 0.1, bpsk, 0.9 - bpsk, 0.0, 0.0 } });
        held = accumulator.previous_label();
        return std::string(event.label.view());
    };
    EXPECT_EQ(label(first, 0.5), "BPSK");
    EXPECT_EQ(label(second, 0.43), "QPSK"); // is not the first one's
    EXPECT_EQ(label(first, 0.43), "BPSK");
    EXPECT_EQ(label(second, 0.47), "QPSK");
}

TEST(DecisionAccumulator, IsUnknownWhereTheFramesLookLikeNoClass)
{
    model::ModelInfo info = labels_only();
    info.labels.push_back("unknown");
    info.families.push_back("unknown");
    model::Decision decision;
    decision.unknown_score = -1.0; // the unknown class has e times less than all others together
    DecisionAccumulator accumulator(info, decision);
    EXPECT_EQ(decide(accumulator, { { 0.02, 0.7, 0.01, 0.01, 0.01, 0.25 } }).label.view(), "BPSK");
    const LabelEvent unsure = decide(accumulator, { { 0.02, 0.6, 0.01, 0.01, 0.01, 0.35 } });
    EXPECT_EQ(unsure.state, State::unknown);
    EXPECT_NEAR(unsure.confidence, 0.6, 1e-6);
    EXPECT_EQ(decide(accumulator, { { 0.02, 0.3, 0.01, 0.01, 0.01, 0.65 } }).state, State::unknown);
    EXPECT_EQ(decide(accumulator, { { 0.6, 0.02, 0.01, 0.01, 0.01, 0.35 } }).state,
              State::noise); // noise is no unknown signal
}

TEST(DecisionAccumulator, NamesTheBestClassBelowTheThresholdThoughUnknownIsLikelier)
{
    model::ModelInfo info = labels_only();
    info.labels.push_back("unknown");
    info.families.push_back("unknown");
    model::Decision decision;
    decision.unknown_score = 1.0; // the unknown class has e times more than all others together
    decision.min_confidence = 0.2;
    DecisionAccumulator accumulator(info, decision);
    const LabelEvent named = decide(accumulator, { { 0.02, 0.25, 0.01, 0.01, 0.01, 0.7 } });
    EXPECT_EQ(named.label.view(), "BPSK");
    EXPECT_NEAR(named.confidence, 0.25, 1e-6);
    EXPECT_EQ(named.top[0].label.view(), "unknown");
    const LabelEvent unsure = decide(accumulator, { { 0.02, 0.15, 0.01, 0.01, 0.01, 0.8 } });
    EXPECT_EQ(unsure.state, State::unknown);
    EXPECT_NEAR(unsure.confidence, 0.8, 1e-6); // of the best class of all
    EXPECT_EQ(decide(accumulator, { { 0.15, 0.02, 0.01, 0.01, 0.01, 0.8 } }).state,
              State::unknown); // no noise either

    decision.unknown_score = std::numeric_limits<double>::infinity(); // nobody set one: the best class of all
    DecisionAccumulator uncalibrated(info, decision);
    EXPECT_EQ(decide(uncalibrated, { { 0.02, 0.35, 0.01, 0.01, 0.01, 0.6 } }).state, State::unknown);
    EXPECT_EQ(decide(uncalibrated, { { 0.02, 0.6, 0.01, 0.01, 0.01, 0.35 } }).label.view(), "BPSK");
}

TEST(DecisionAccumulator, TakesTheEnergyOfTheLogitsWhereThereIsNoUnknownClass)
{
    model::Decision decision;
    decision.unknown_score = -5.0;
    DecisionAccumulator accumulator(labels_only(), decision);
    LabelEvent event;
    const std::vector<float> sure = { 0.0f, 6.0f, 0.0f, 0.0f, 0.0f }, faint = { -2.0f, 4.0f, -2.0f, -2.0f, -2.0f };
    accumulator.add(sure.data(), 1);
    accumulator.decide(event);
    EXPECT_EQ(event.label.view(), "BPSK");
    accumulator.reset();
    accumulator.add(faint.data(), 1); // the same probabilities
    accumulator.decide(event);
    EXPECT_EQ(event.state, State::unknown);
}

TEST(DecisionAccumulator, NamesTheBestClassDownToTheLeastConfidence)
{
    model::Decision decision;
    decision.min_confidence = 0.2;
    DecisionAccumulator accumulator(labels_only(), decision);
    const LabelEvent unsure = decide(accumulator, { { 0.28, 0.32, 0.06, 0.3, 0.04 } });
    EXPECT_EQ(unsure.label.view(), "BPSK");
    EXPECT_EQ(unsure.state, State::signal);
    decision.min_confidence = 0.33;
    DecisionAccumulator strict(labels_only(), decision);
    EXPECT_EQ(decide(strict, { { 0.28, 0.32, 0.06, 0.3, 0.04 } }).state, State::unknown);
    EXPECT_EQ(decide(strict, { { 0.0, 0.45, 0.5, 0.05, 0.0 } }).label.view(), "QPSK"); // BPSK was not given
}
