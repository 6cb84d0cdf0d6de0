// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/evaluate.h"

#include "tests/nn/expect_error.h"
#include "prunedamr/graph/logits.h"
#include "prunedamr/graph/reference.h"
#include "tests/train/toy_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

using namespace prunedamr;
using test::expect_error;

namespace {

std::vector<float> reference_logits(const graph::Network& network, const data::Dataset& dataset, std::int64_t index)
{
    const float* frame = dataset.frame(index);
    return graph::run_reference(network, { frame, frame + 2 * dataset.length() });
}

/// Labels drawn from the network's own softmax at `temperature`, which is then the best temperature.
void draw_labels(data::Dataset& dataset, const graph::Network& network, double temperature)
{
    Rng rng(11);
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        std::vector<double> share;
        double total = 0.0;
        for (const float logit : reference_logits(network, dataset, i))
            total += share.emplace_back(std::exp(logit / temperature));
        double left = rng.uniform() * total;
        int label = 0;
        while (label < 2 && left >= share[static_cast<std::size_t>(label)])
            left -= share[static_cast<std::size_t>(label++)];
        dataset.label[static_cast<std::size_t>(i)] = label;
    }
}

} // namespace

TEST(Evaluate, EqualsAPlainCount)
{
    const data::Dataset dataset = test::tones(37);
    const graph::Network network = test::tiny_network();
    std::vector<std::vector<std::int64_t>> confusion(3, std::vector<std::int64_t>(3));
    for (const std::int64_t i : dataset.indices(data::Part::test)) {
        const auto logits = reference_logits(network, dataset, i);
        const auto predicted = std::max_element(logits.begin(), logits.end()) - logits.begin();
        ++confusion[static_cast<std::size_t>(dataset.label[static_cast<std::size_t>(i)])]
                   [static_cast<std::size_t>(predicted)];
    }
    for (const int batch : { 1, 7, 256 })
        EXPECT_EQ(train::evaluate(network, dataset, data::Part::test, "cpu", batch).confusion(), confusion);
}

TEST(Evaluate, RefusesDataThatDoesNotFit)
{
    const data::Dataset dataset = test::tones(5);
    expect_error([&] { train::evaluate(test::tiny_network(64), dataset, data::Part::test); },
                 "frame length differs: found 32, expected 64");
    expect_error([&] { train::evaluate(test::tiny_network(32, 4), dataset, data::Part::test); },
                 "list of class names differs");
    graph::Network network = test::tiny_network();
    network.front_end.kind = FrontEndSpec::Kind::auto_band;
    expect_error([&] { train::evaluate(network, dataset, data::Part::test); }, "front end differs");
    network = test::tiny_network();
    std::swap(network.labels[0], network.labels[1]);
    expect_error([&] { train::check_compatible(network, dataset); }, "list of class names differs");
    EXPECT_NO_THROW(train::check_compatible(test::tiny_network(), dataset));
}

TEST(Evaluate, RefusesAnEmptyPartAndABatchOfNone)
{
    data::Dataset dataset = test::tones(5);
    std::fill(dataset.part.begin(), dataset.part.end(), data::Part::train);
    expect_error([&] { train::evaluate(test::tiny_network(), dataset, data::Part::test); }, "test: no frames");
    expect_error([&] { train::fit_temperature(test::tiny_network(), dataset, data::Part::validation); },
                 "validation: no frames");
    expect_error([&] { train::evaluate(test::tiny_network(), dataset, data::Part::train, "cpu", 0); },
                 "batch: value out of range");
}

TEST(Temperature, RecoversAKnownScaling)
{
    data::Dataset dataset = test::tones(4000, 2.0);
    std::fill(dataset.part.begin(), dataset.part.end(), data::Part::validation);
    graph::Network network = test::tiny_network();
    for (const double temperature : { 1.0, 3.0 }) {
        draw_labels(dataset, network, temperature);
        EXPECT_NEAR(train::fit_temperature(network, dataset, data::Part::validation), temperature,
                    0.1 * temperature);
    }
}

TEST(CalibrationError, IsSmallAtTheRightTemperatureOnly)
{
    data::Dataset dataset = test::tones(4000, 2.0);
    std::fill(dataset.part.begin(), dataset.part.end(), data::Part::validation);
    graph::Network network = test::tiny_network();
    draw_labels(dataset, network, 3.0);
    network.decision.temperature = 3.0;
    EXPECT_LT(train::calibration_error(network, dataset, data::Part::validation), 0.03);
    network.decision.temperature = 0.3;
    EXPECT_GT(train::calibration_error(network, dataset, data::Part::validation), 0.1);
}

TEST(UnknownScore, LiesAboveAllButTheGivenShare)
{
    data::Dataset dataset = test::tones(2000, 2.0);
    std::fill(dataset.part.begin(), dataset.part.end(), data::Part::validation);
    const graph::Network network = test::tiny_network();
    const double low = train::fit_unknown_score(network, dataset, data::Part::validation, 0.5);
    const double high = train::fit_unknown_score(network, dataset, data::Part::validation, 0.01);
    const graph::LogitReader reader(network);
    double above_low = 0, above_high = 0;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const double score = reader.unknown_score(reference_logits(network, dataset, i).data());
        above_low += score > low;
        above_high += score > high;
    }
    EXPECT_NEAR(above_low / static_cast<double>(dataset.size()), 0.5, 0.005);
    EXPECT_NEAR(above_high / static_cast<double>(dataset.size()), 0.01, 0.005);
    const double faint = train::fit_min_confidence(network, dataset, data::Part::validation, 0.01);
    EXPECT_GE(faint, 1.0 / 3);
    EXPECT_LT(faint, train::fit_min_confidence(network, dataset, data::Part::validation, 0.5));
    graph::Network strict = network;
    for (const double share : { 0.01, 0.5 }) {
        strict.decision.min_confidence = 0.0;
        strict.decision.unknown_score = train::fit_unknown_score(network, dataset, data::Part::validation, share);
        EXPECT_NEAR(train::false_rejection(strict, dataset, data::Part::validation), share, 0.005);
        strict.decision.unknown_score = std::numeric_limits<double>::infinity();
        strict.decision.min_confidence = train::fit_min_confidence(network, dataset, data::Part::validation, share);
        EXPECT_NEAR(train::false_rejection(strict, dataset, data::Part::validation), share, 0.005);
    }
    dataset.part.assign(dataset.part.size(), data::Part::train);
    std::fill_n(dataset.part.begin(), 50, data::Part::validation);
    EXPECT_TRUE(std::isinf(train::fit_unknown_score(network, dataset, data::Part::validation)));
}
