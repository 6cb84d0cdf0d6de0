// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/calibration.h"

#include "prunedamr/metrics/evaluate.h"
#include "tests/metrics/toy_evaluation.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace prunedamr;
using test::expect_error;

namespace {

metrics::Evaluation evaluation_of(const graph::Network& network, const dataset::Dataset& dataset)
{
    return metrics::evaluate(metrics::engine_runner(network), dataset, test::all_of(dataset));
}

} // namespace

TEST(Temperature, RecoversAKnownScaling)
{
    dataset::Dataset dataset = test::tones(4000, 2.0);
    const graph::Network network = test::tiny_network();
    for (const double temperature : { 1.0, 3.0 }) {
        test::draw_labels(dataset, network, temperature);
        const auto found = evaluation_of(network, dataset);
        EXPECT_NEAR(metrics::fit_temperature(found.logits, found.labels), temperature, 0.1 * temperature);
    }
}

TEST(Temperature, MeetsTheClosedFormOfTwoClasses)
{
    // Logits differ by 2; 3 of 4 frames are right: sigmoid(2 / T) = 3 / 4, T = 2 / log 3.
    const metrics::Logits logits{ 2, { 1, -1, 1, -1, 1, -1, 1, -1 } };
    EXPECT_NEAR(metrics::fit_temperature(logits, { 0, 0, 0, 1 }), 2.0 / std::log(3.0), 1e-3);
}

TEST(CalibrationError, IsSmallAtTheRightTemperatureOnly)
{
    dataset::Dataset dataset = test::tones(4000, 2.0);
    const graph::Network network = test::tiny_network();
    test::draw_labels(dataset, network, 3.0);
    const auto found = evaluation_of(network, dataset);
    model::ModelInfo info = test::model_for(network, dataset).info;
    const auto error_at = [&](double temperature) {
        info.decision.temperature = temperature;
        return metrics::calibration_error(found.logits, found.labels, model::LogitReader(info));
    };
    EXPECT_LT(error_at(3.0), 0.03);
    EXPECT_GT(error_at(0.3), 0.1);
}

TEST(UnknownScore, LiesAboveAllButTheGivenShare)
{
    const dataset::Dataset dataset = test::tones(2000, 2.0);
    const graph::Network network = test::tiny_network();
    const auto [names, logits, labels, snr_db, groups] = evaluation_of(network, dataset);
    model::ModelInfo strict = test::model_for(network, dataset).info;
    const model::LogitReader reader(strict);
    const double low = metrics::fit_unknown_score(logits, labels, reader, 0.5);
    const double high = metrics::fit_unknown_score(logits, labels, reader, 0.01);
    double above_low = 0, above_high = 0;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const double score = reader.unknown_score(test::reference_logits(network, dataset, i).data());
        above_low += score > low;
        above_high += score > high;
    }
    EXPECT_NEAR(above_low / static_cast<double>(dataset.size()), 0.5, 0.005);
    EXPECT_NEAR(above_high / static_cast<double>(dataset.size()), 0.01, 0.005);
    const double faint = metrics::fit_min_confidence(logits, labels, reader, 0.01);
    EXPECT_GE(faint, 1.0 / 3);
    EXPECT_LT(faint, metrics::fit_min_confidence(logits, labels, reader, 0.5));
    for (const double share : { 0.01, 0.5 }) {
        strict.decision.unknown_score = metrics::fit_unknown_score(logits, labels, reader, share);
        EXPECT_NEAR(metrics::false_rejection(logits, labels, model::LogitReader(strict), 0.0), share, 0.005);
        strict.decision.unknown_score = std::numeric_limits<double>::infinity();
        EXPECT_NEAR(metrics::false_rejection(logits, labels, model::LogitReader(strict),
                                             metrics::fit_min_confidence(logits, labels, reader, share)),
                    share, 0.005);
    }
    const metrics::Logits few{ 3, { logits.values.begin(), logits.values.begin() + 50 * 3 } };
    EXPECT_TRUE(std::isinf(metrics::fit_unknown_score(few, { labels.begin(), labels.begin() + 50 }, reader)));
    EXPECT_EQ(metrics::fit_min_confidence(few, { labels.begin(), labels.begin() + 50 }, reader), 0.0);
}

TEST(FalseRejection, AsksNoiseAndUnknownNothing)
{
    model::ModelInfo info;
    info.labels = { "noise", "BPSK", "unknown" };
    info.families = { "noise", "PSK", "unknown" };
    info.decision.min_confidence = 0.9;
    const model::LogitReader reader(info);
    // The frame of BPSK is right and sure; those of noise and unknown are not sure.
    const metrics::Logits logits{ 3, { 0, 0, 0, 0, 9, 0, 0, 0, 0 } };
    EXPECT_EQ(metrics::count_signals({ 0, 1, 2 }, reader), 1u);
    EXPECT_EQ(metrics::false_rejection(logits, { 0, 1, 2 }, reader, 0.9), 0.0);
    EXPECT_EQ(metrics::false_rejection(logits, { 1, 1, 2 }, reader, 0.9), 0.5);
    EXPECT_TRUE(std::isnan(metrics::false_rejection(logits, { 0, 2, 2 }, reader, 0.9)));
}

TEST(Calibration, RefusesWhatDoesNotFit)
{
    const model::LogitReader reader(test::model_for(test::tiny_network(), test::tones(1)).info);
    expect_error([] { metrics::fit_temperature({ 2, {} }, {}); }, "labels: no frames to calibrate on");
    expect_error([] { metrics::fit_temperature({ 2, { 1, 2 } }, { 0, 1 }); }, "found 2 values, expected 4");
    expect_error(
        [] {
            metrics::fit_temperature({ 2, { 1, 2 } }, { 2 });
        },
        "label out of range: found 2, expected 0 to 1");
    expect_error([&] { metrics::calibration_error({ 2, { 1, 2 } }, { 1 }, reader); }, "another number of classes");
}
