// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/evaluate.h"

#include "tests/metrics/toy_evaluation.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace prunedamr;
using test::expect_error;

TEST(Evaluate, EqualsAPlainCount)
{
    const dataset::Dataset dataset = test::tones(37);
    const graph::Network network = test::tiny_network();
    std::vector<std::vector<std::int64_t>> confusion(3, std::vector<std::int64_t>(3));
    for (const std::int64_t i : dataset.indices(dataset::Split::test)) {
        const auto logits = test::reference_logits(network, dataset, i);
        const auto predicted = std::max_element(logits.begin(), logits.end()) - logits.begin();
        ++confusion[static_cast<std::size_t>(dataset.label[static_cast<std::size_t>(i)])]
                   [static_cast<std::size_t>(predicted)];
    }
    for (const int batch : { 1, 7, 256 })
        EXPECT_EQ(train::evaluate(network, dataset, dataset::Split::test, "cpu", batch).confusion(), confusion);
}

TEST(Evaluate, RefusesDataThatDoesNotFit)
{
    const dataset::Dataset dataset = test::tones(5);
    expect_error([&] { train::evaluate(test::tiny_network(64), dataset, dataset::Split::test); },
                 "frame length differs: found 32, expected 64");
    expect_error([&] { train::evaluate(test::tiny_network(32, 4), dataset, dataset::Split::test); },
                 "number of classes differs: found 3, expected 4");
    EXPECT_NO_THROW(train::check_compatible(test::tiny_network(), dataset));
}

TEST(Evaluate, RefusesDataThatTheModelWasNotMadeFor)
{
    const dataset::Dataset dataset = test::tones(5);
    const model::Model fits = test::model_for(test::tiny_network(), dataset);
    EXPECT_NO_THROW(train::check_compatible(fits, dataset));
    EXPECT_EQ(train::evaluate(fits, dataset, dataset::Split::test).confusion(),
              train::evaluate(fits.network, dataset, dataset::Split::test).confusion());
    model::Model model = fits;
    model.info.front_end.frame_length = 64;
    expect_error([&] { train::evaluate(model, dataset, dataset::Split::test); },
                 "frame length differs: found 32, expected 64");
    model = fits;
    model.info.labels.push_back("class3");
    expect_error([&] { train::evaluate(model, dataset, dataset::Split::test); }, "list of class names differs");
    model = fits;
    model.info.front_end.kind = FrontEndSpec::Kind::auto_band;
    expect_error([&] { train::evaluate(model, dataset, dataset::Split::test); }, "front end differs");
    model = fits;
    std::swap(model.info.labels[0], model.info.labels[1]);
    expect_error([&] { train::check_compatible(model, dataset); }, "list of class names differs");
    expect_error([&] { train::finish_model(model, dataset, {}); }, "list of class names differs");
}

TEST(Evaluate, RefusesAnEmptyPartAndABatchOfNone)
{
    dataset::Dataset dataset = test::tones(5);
    std::fill(dataset.part.begin(), dataset.part.end(), dataset::Split::train);
    expect_error([&] { train::evaluate(test::tiny_network(), dataset, dataset::Split::test); }, "test: no frames");
    expect_error([&] { train::evaluate(test::tiny_network(), dataset, dataset::Split::validation); },
                 "validation: no frames");
    expect_error([&] { train::evaluate(test::tiny_network(), dataset, dataset::Split::train, "cpu", 0); },
                 "batch: value out of range");
}

TEST(Runners, LibTorchAndTheEngineAgree)
{
    const dataset::Dataset dataset = test::tones(20);
    const graph::Network network = test::tiny_network();
    const auto indices = test::all_of(dataset);
    const auto expected = metrics::evaluate(metrics::engine_runner(network), dataset, indices);
    for (const auto& runner : { train::module_runner(network), train::module_runner(network, "cpu", 7) }) {
        const auto found = metrics::evaluate(runner, dataset, indices);
        ASSERT_EQ(found.logits.values.size(), expected.logits.values.size());
        for (std::size_t i = 0; i < expected.logits.values.size(); ++i)
            EXPECT_NEAR(found.logits.values[i], expected.logits.values[i], 1e-4) << i;
    }
}

TEST(FinishModel, OfATrainedNetworkIsThatOfTheEngine)
{
    const dataset::Dataset dataset = test::tones(200, 2.0);
    const model::Model model = test::model_for(test::tiny_network(), dataset);
    const auto runner = metrics::engine_runner(model);
    const auto expected =
        metrics::finish_model(model, metrics::evaluate(runner, dataset, dataset.indices(dataset::Split::validation)),
                              metrics::evaluate(runner, dataset, dataset.indices(dataset::Split::test)));
    const auto found = train::finish_model(model, dataset, {});
    EXPECT_NEAR(found.model.info.decision.temperature, expected.model.info.decision.temperature, 1e-3);
    EXPECT_NEAR(found.model.info.decision.min_confidence, expected.model.info.decision.min_confidence, 1e-3);
    EXPECT_EQ(nlohmann::json::parse(found.model.info.accuracy)["confusion"],
              nlohmann::json::parse(expected.model.info.accuracy)["confusion"]);
    EXPECT_DOUBLE_EQ(found.validation_accuracy, expected.validation_accuracy);
}
