// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/calibration.h"

#include "prunedamr/model/model_file.h"
#include "tests/metrics/toy_evaluation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>

using namespace prunedamr;

namespace {

metrics::FinishedModel finish(const model::Model& model, const dataset::Dataset& dataset)
{
    const auto runner = metrics::engine_runner(model);
    return metrics::finish_model(model,
                                 metrics::evaluate(runner, dataset, dataset.indices(dataset::Split::validation)),
                                 metrics::evaluate(runner, dataset, dataset.indices(dataset::Split::test)), 0.1);
}

} // namespace

TEST(FinishModel, FitsTheDecisionToTheValidationPartAndReportsTheTestPart)
{
    dataset::Dataset dataset = test::tones(1000, 2.0);
    const graph::Network network = test::tiny_network();
    test::draw_labels(dataset, network, 3.0);
    const auto finished = finish(test::model_for(network, dataset), dataset);
    const model::ModelInfo& info = finished.model.info;
    const auto accuracy = nlohmann::json::parse(info.accuracy);

    const auto validation =
        metrics::evaluate(metrics::engine_runner(network), dataset, dataset.indices(dataset::Split::validation));
    EXPECT_EQ(info.decision.temperature, metrics::fit_temperature(validation.logits, validation.labels));
    EXPECT_NEAR(info.decision.temperature, 3.0, 0.5);
    EXPECT_EQ(finished.validation_accuracy, metrics::scores_of(validation).accuracy());
    EXPECT_NEAR(metrics::false_rejection(validation.logits, validation.labels, model::LogitReader(info),
                                         info.decision.min_confidence),
                0.1, 0.02);
    EXPECT_EQ(accuracy["accuracy"], metrics::scores_of(finished.test).accuracy());
    EXPECT_EQ(accuracy["count"], dataset.indices(dataset::Split::test).size());
    EXPECT_LT(accuracy["calibration_error"].get<double>(), 0.06);
    EXPECT_NEAR(accuracy["false_rejection"].get<double>(), 0.1, 0.06);
    EXPECT_FALSE(finished.model.golden.input.empty());
}

TEST(FinishModel, WithoutFramesTheDecisionStays)
{
    dataset::Dataset dataset = test::tones(10);
    std::fill(dataset.part.begin(), dataset.part.end(), dataset::Split::train);
    model::Model model = test::model_for(test::tiny_network(), dataset);
    model.info.decision.temperature = 7.0;
    const auto finished = finish(model, dataset);
    EXPECT_EQ(finished.model.info.decision.temperature, 7.0);
    EXPECT_TRUE(std::isnan(finished.validation_accuracy));
    EXPECT_EQ(finished.model.info.accuracy, "{}");
}

TEST(FinishModel, IsSavedUnderItsFilesName)
{
    const test::TemporaryFile file("finished.safetensors");
    const dataset::Dataset dataset = test::tones(200);
    auto finished = finish(test::model_for(test::tiny_network(), dataset), dataset);
    const auto report = metrics::save_model(finished, file.path());
    const model::ModelInfo loaded = model::load_model(file.path()).info;
    EXPECT_EQ(loaded.name, std::filesystem::path(file.path()).stem().string());
    EXPECT_EQ(report["out"], file.path());
    EXPECT_EQ(report["temperature"], loaded.decision.temperature);
    EXPECT_EQ(report["test"], nlohmann::json::parse(loaded.accuracy));
    EXPECT_GT(report["cost"]["macs"], 0);
}
