// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/finish_model.h"

#include "prunedamr/graph/network_json.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/metrics/scores_json.h"
#include "prunedamr/model/model_file.h"

#include <cmath>
#include <filesystem>

namespace prunedamr::metrics {
namespace {

nlohmann::json accuracy_of(const model::ModelInfo& info, const Evaluation& test)
{
    const model::LogitReader reader(info);
    nlohmann::json accuracy = to_json(scores_of(test));
    accuracy["calibration_error"] = calibration_error(test.logits, test.labels, reader);
    const double rejected = false_rejection(test.logits, test.labels, reader, info.decision.min_confidence);
    if (!std::isnan(rejected))
        accuracy["false_rejection"] = rejected;
    return accuracy;
}

} // namespace

FinishedModel finish_model(model::Model model, const Evaluation& validation, Evaluation test,
                           double false_rejection)
{
    FinishedModel finished{ std::move(model), NAN, std::move(test) };
    model::ModelInfo& info = finished.model.info;
    if (!validation.empty()) {
        info.decision = fit_decision(validation.logits, validation.labels, info, false_rejection);
        finished.validation_accuracy = scores_of(validation).accuracy();
    }
    if (!finished.test.empty())
        info.accuracy = accuracy_of(info, finished.test).dump();
    model::make_golden(finished.model);
    return finished;
}

nlohmann::json save_model(FinishedModel& finished, const std::string& path)
{
    model::ModelInfo& info = finished.model.info;
    info.name = std::filesystem::path(path).stem().string();
    model::save_model(finished.model, path);
    return { { "out", path },
             { "cost", graph::to_json(graph::cost(finished.model.network)) },
             { "temperature", info.decision.temperature },
             { "unknown_score", info.decision.unknown_score },
             { "min_confidence", info.decision.min_confidence },
             { "validation_accuracy", finished.validation_accuracy },
             { "test", nlohmann::json::parse(info.accuracy) } };
}

} // namespace prunedamr::metrics
