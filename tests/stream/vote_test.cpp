// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/vote.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

graph::Network labels_only(double temperature = 1.0)
{
    graph::Network network;
    network.labels = { "noise", "BPSK", "QPSK", "16QAM", "64QAM" };
    network.families = { "noise", "PSK", "PSK", "QAM", "QAM" };
    network.decision.temperature = temperature;
    return network;
}

/// The event after frames of these probabilities (their logarithms are the logits).
LabelEvent decide(Vote& vote, const std::vector<std::vector<double>>& frames)
{
    vote.reset();
    for (const auto& frame : frames) {
        std::vector<float> logits;
        for (const double p : frame)
            logits.push_back(static_cast<float>(std::log(p)));
        vote.add(logits.data(), 1);
    }
    LabelEvent event;
    vote.decide(event);
    return event;
}

LabelEvent decide(const std::vector<std::vector<double>>& frames, double min_confidence)
{
    graph::Decision decision;
    decision.min_confidence = min_confidence;
    Vote vote(labels_only(), decision);
    return decide(vote, frames);
}

} // namespace

TEST(Vote, GivesTheClassWhenItIsSure)
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

TEST(Vote, GivesTheFamilyWhenOnlyThatIsSure)
{
    // The most probable class is BPSK, the most probable family QAM.
    const LabelEvent e = decide({ { 0.05, 0.33, 0.02, 0.3, 0.3 } }, 0.55);
    EXPECT_EQ(e.state, State::signal);
    EXPECT_EQ(e.label.view(), "QAM");
    EXPECT_EQ(e.family.view(), "QAM");
    EXPECT_NEAR(e.confidence, 0.6, 1e-6);
}

TEST(Vote, IsUnknownBelowTheThreshold)
{
    const LabelEvent e = decide({ { 0.1, 0.25, 0.2, 0.25, 0.2 } }, 0.6);
    EXPECT_EQ(e.state, State::unknown);
    EXPECT_EQ(e.label.view(), "unknown");
    EXPECT_EQ(e.family.view(), "unknown");
    EXPECT_NEAR(e.confidence, 0.25, 1e-6);
    EXPECT_EQ(e.top_count, 3);
}

TEST(Vote, IsNoiseWhenNoiseIsMostProbable)
{
    const LabelEvent e = decide({ { 0.3, 0.2, 0.2, 0.15, 0.15 } }, 0.9);
    EXPECT_EQ(e.state, State::noise);
    EXPECT_EQ(e.label.view(), "noise");
    EXPECT_NEAR(e.confidence, 0.3, 1e-6);
}

TEST(Vote, ASureFamilyOutranksNoiseThatIsNotSure)
{
    const LabelEvent e = decide({ { 0.35, 0.33, 0.32, 0.0, 0.0 } }, 0.6);
    EXPECT_EQ(e.state, State::signal);
    EXPECT_EQ(e.label.view(), "PSK");
    EXPECT_NEAR(e.confidence, 0.65, 1e-6);
}

TEST(Vote, WithoutFramesKnowsNothing)
{
    const LabelEvent e = decide({}, 0.0);
    EXPECT_EQ(e.state, State::unknown);
    EXPECT_EQ(e.confidence, 0.0f);
    EXPECT_EQ(e.top_count, 0);
}

TEST(Vote, AFrameWithoutAnswerIsCountedAndSaysNothing)
{
    const float nan = std::numeric_limits<float>::quiet_NaN(), endless = std::numeric_limits<float>::infinity();
    const float answer[] = { 0, 0, 9, 0, 0 };
    const std::vector<std::vector<float>> none = { { nan, nan, nan, nan, nan },
                                                   { 0, 0, nan, 0, 0 },
                                                   { 0, endless, 0, 0, 0 } };
    for (const double threshold : { endless, 0.0F }) {
        graph::Decision decision;
        decision.unknown_score = threshold;
        Vote vote(labels_only(), decision);
        for (const auto& logits : none)
            vote.add(logits.data(), 1);
        EXPECT_EQ(vote.frames(), none.size());
        LabelEvent event;
        vote.decide(event);
        EXPECT_EQ(event.state, State::unknown);
        EXPECT_EQ(event.confidence, 0.0f);
        EXPECT_EQ(event.top_count, 0);
        vote.add(answer, 1);
        vote.decide(event);
        EXPECT_EQ(event.label.view(), "QPSK");
        EXPECT_GT(event.confidence, 0.99f);
    }
}

TEST(Vote, TemperatureSoftensAndLargeLogitsDoNotOverflow)
{
    const graph::Network network = labels_only(500.0);
    Vote vote(network, network.decision);
    const float logits[] = { 0.0f, 1000.0f, 0.0f, 0.0f, -1000.0f };
    vote.add(logits, 1);
    LabelEvent event;
    vote.decide(event);
    EXPECT_NEAR(event.confidence, std::exp(2.0) / (std::exp(2.0) + 3.0 + std::exp(-2.0)), 1e-6);
}

TEST(Vote, ResetForgets)
{
    Vote vote(labels_only(), {});
    const float first[] = { 0, 9, 0, 0, 0 }, second[] = { 0, 0, 9, 0, 0 };
    vote.add(first, 1);
    vote.reset();
    EXPECT_EQ(vote.frames(), 0u);
    vote.add(second, 1);
    LabelEvent event;
    vote.decide(event);
    EXPECT_EQ(event.label.view(), "QPSK");
    EXPECT_GT(event.confidence, 0.99f);
}

TEST(Vote, KeepsItsLabelUntilAnotherIsClearlyBetter)
{
    graph::Decision decision;
    decision.min_confidence = 0.3;
    decision.hysteresis = 0.1;
    Vote vote(labels_only(), decision);
    EXPECT_EQ(decide(vote, { { 0.1, 0.5, 0.4, 0.0, 0.0 } }).label.view(), "BPSK");
    EXPECT_EQ(decide(vote, { { 0.1, 0.42, 0.48, 0.0, 0.0 } }).label.view(), "BPSK");
    EXPECT_EQ(decide(vote, { { 0.1, 0.39, 0.51, 0.0, 0.0 } }).label.view(), "QPSK");
    EXPECT_EQ(decide(vote, { { 0.1, 0.48, 0.42, 0.0, 0.0 } }).label.view(), "QPSK");
    EXPECT_EQ(decide(vote, { { 0.9, 0.05, 0.05, 0.0, 0.0 } }).label.view(), "noise"); // and forgets
    EXPECT_EQ(decide(vote, { { 0.1, 0.48, 0.42, 0.0, 0.0 } }).label.view(), "BPSK");
    decide(vote, {}); // silence
    EXPECT_EQ(decide(vote, { { 0.1, 0.42, 0.48, 0.0, 0.0 } }).label.view(), "QPSK");
}

TEST(Vote, HoldsALabelForEachOfSeveralSignals)
{
    graph::Decision decision;
    decision.min_confidence = 0.3;
    decision.hysteresis = 0.1;
    Vote vote(labels_only(), decision);
    std::size_t first = Vote::kNone, second = Vote::kNone;
    const auto label = [&](std::size_t& held, double bpsk) {
        vote.hold(held);
        const LabelEvent event = decide(vote, { { 0.1, bpsk, 0.9 - bpsk, 0.0, 0.0 } });
        held = vote.held();
        return std::string(event.label.view());
    };
    EXPECT_EQ(label(first, 0.5), "BPSK");
    EXPECT_EQ(label(second, 0.43), "QPSK"); // is not the first one's
    EXPECT_EQ(label(first, 0.43), "BPSK");
    EXPECT_EQ(label(second, 0.47), "QPSK");
}

TEST(Vote, IsUnknownWhereTheFramesLookLikeNoClass)
{
    graph::Network network = labels_only();
    network.labels.push_back("unknown");
    network.families.push_back("unknown");
    graph::Decision decision;
    decision.unknown_score = -1.0; // the unknown class has e times less than all others together
    Vote vote(network, decision);
    EXPECT_EQ(decide(vote, { { 0.02, 0.7, 0.01, 0.01, 0.01, 0.25 } }).label.view(), "BPSK");
    const LabelEvent unsure = decide(vote, { { 0.02, 0.6, 0.01, 0.01, 0.01, 0.35 } });
    EXPECT_EQ(unsure.state, State::unknown);
    EXPECT_NEAR(unsure.confidence, 0.6, 1e-6);
    EXPECT_EQ(decide(vote, { { 0.02, 0.3, 0.01, 0.01, 0.01, 0.65 } }).state, State::unknown);
    EXPECT_EQ(decide(vote, { { 0.6, 0.02, 0.01, 0.01, 0.01, 0.35 } }).state,
              State::noise); // noise is no unknown signal
}

TEST(Vote, NamesTheBestClassBelowTheThresholdThoughUnknownIsLikelier)
{
    graph::Network network = labels_only();
    network.labels.push_back("unknown");
    network.families.push_back("unknown");
    graph::Decision decision;
    decision.unknown_score = 1.0; // the unknown class has e times more than all others together
    decision.min_confidence = 0.2;
    Vote vote(network, decision);
    const LabelEvent named = decide(vote, { { 0.02, 0.25, 0.01, 0.01, 0.01, 0.7 } });
    EXPECT_EQ(named.label.view(), "BPSK");
    EXPECT_NEAR(named.confidence, 0.25, 1e-6);
    EXPECT_EQ(named.top[0].label.view(), "unknown");
    const LabelEvent unsure = decide(vote, { { 0.02, 0.15, 0.01, 0.01, 0.01, 0.8 } });
    EXPECT_EQ(unsure.state, State::unknown);
    EXPECT_NEAR(unsure.confidence, 0.8, 1e-6); // of the best class of all
    EXPECT_EQ(decide(vote, { { 0.15, 0.02, 0.01, 0.01, 0.01, 0.8 } }).state, State::unknown); // no noise either

    decision.unknown_score = std::numeric_limits<double>::infinity(); // nobody set one: the best class of all
    Vote uncalibrated(network, decision);
    EXPECT_EQ(decide(uncalibrated, { { 0.02, 0.35, 0.01, 0.01, 0.01, 0.6 } }).state, State::unknown);
    EXPECT_EQ(decide(uncalibrated, { { 0.02, 0.6, 0.01, 0.01, 0.01, 0.35 } }).label.view(), "BPSK");
}

TEST(Vote, TakesTheEnergyOfTheLogitsWhereThereIsNoUnknownClass)
{
    graph::Decision decision;
    decision.unknown_score = -5.0;
    Vote vote(labels_only(), decision);
    LabelEvent event;
    const std::vector<float> sure = { 0.0f, 6.0f, 0.0f, 0.0f, 0.0f }, faint = { -2.0f, 4.0f, -2.0f, -2.0f, -2.0f };
    vote.add(sure.data(), 1);
    vote.decide(event);
    EXPECT_EQ(event.label.view(), "BPSK");
    vote.reset();
    vote.add(faint.data(), 1); // the same probabilities
    vote.decide(event);
    EXPECT_EQ(event.state, State::unknown);
}

TEST(Vote, NamesTheBestClassDownToTheLeastConfidence)
{
    graph::Decision decision;
    decision.min_confidence = 0.2;
    Vote vote(labels_only(), decision);
    const LabelEvent unsure = decide(vote, { { 0.28, 0.32, 0.06, 0.3, 0.04 } });
    EXPECT_EQ(unsure.label.view(), "BPSK");
    EXPECT_EQ(unsure.state, State::signal);
    decision.min_confidence = 0.33;
    Vote strict(labels_only(), decision);
    EXPECT_EQ(decide(strict, { { 0.28, 0.32, 0.06, 0.3, 0.04 } }).state, State::unknown);
    EXPECT_EQ(decide(strict, { { 0.0, 0.45, 0.5, 0.05, 0.0 } }).label.view(), "QPSK"); // BPSK was not given
}
