// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/calibration.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/metrics/scores_json.h"
#include "prunedamr/model/model_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>

namespace prunedamr::metrics {
namespace {

using Labels = std::vector<std::int32_t>;

void check(const Logits& logits, const Labels& labels)
{
    if (labels.empty())
        throw Error({ "no frames to calibrate on", "labels", "0", "at least 1" });
    if (logits.values.size() != labels.size() * logits.classes)
        throw Error({ "logits do not fit the labels", "logits", std::to_string(logits.values.size()) + " values",
                      std::to_string(labels.size() * logits.classes) });
    for (const std::int32_t label : labels)
        if (label < 0 || static_cast<std::size_t>(label) >= logits.classes)
            throw Error({ "label out of range", "labels", std::to_string(label),
                          "0 to " + std::to_string(static_cast<std::int64_t>(logits.classes) - 1) });
}

void check(const Logits& logits, const Labels& labels, const model::LogitReader& reader)
{
    check(logits, labels);
    if (logits.classes != reader.classes())
        throw Error({ "logits of another number of classes", "logits", std::to_string(logits.classes),
                      std::to_string(reader.classes()) });
}

/// Minimum of a function with one valley on [low, high], by golden section.
template <class Function> double minimum(const Function& function, double low, double high)
{
    const double ratio = 0.5 * (std::sqrt(5.0) - 1.0);
    double left = high - ratio * (high - low), right = low + ratio * (high - low);
    double at_left = function(left), at_right = function(right);
    while (high - low > 1e-4) {
        if (at_left < at_right) {
            high = right;
            right = left;
            at_right = at_left;
            at_left = function(left = high - ratio * (high - low));
        } else {
            low = left;
            left = right;
            at_left = at_right;
            at_right = function(right = low + ratio * (high - low));
        }
    }
    return 0.5 * (low + high);
}

/// Mean over the frames of -log softmax(logits / temperature)[label].
double negative_log_likelihood(const Logits& logits, const Labels& labels, double temperature)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const float* row = logits.row(i);
        const double largest = *std::max_element(row, row + logits.classes);
        double total = 0.0;
        for (std::size_t c = 0; c < logits.classes; ++c)
            total += std::exp((row[c] - largest) / temperature);
        sum += std::log(total) - (row[static_cast<std::size_t>(labels[i])] - largest) / temperature;
    }
    return sum / static_cast<double>(labels.size());
}

/// What `measure` says of the logits of each signal.
template <class Measure>
std::vector<double> of_signals(const Logits& logits, const Labels& labels, const model::LogitReader& reader,
                               const Measure& measure)
{
    check(logits, labels, reader);
    std::vector<double> values;
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (reader.is_signal(static_cast<std::size_t>(labels[i])))
            values.push_back(measure(logits.row(i)));
    return values;
}

/// `none` of too few values.
double quantile_of(std::vector<double> values, double quantile, double none)
{
    if (values.size() < kMinSignals)
        return none;
    const auto rank = static_cast<std::ptrdiff_t>(quantile * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + rank, values.end());
    return values[static_cast<std::size_t>(rank)];
}

} // namespace

double fit_temperature(const Logits& logits, const Labels& labels)
{
    constexpr double kLowest = 0.05, kHighest = 20.0;
    check(logits, labels);
    const auto loss = [&](double log_temperature) {
        return negative_log_likelihood(logits, labels, std::exp(log_temperature));
    };
    return std::exp(minimum(loss, std::log(kLowest), std::log(kHighest)));
}

std::size_t count_signals(const Labels& labels, const model::LogitReader& reader)
{
    return static_cast<std::size_t>(std::count_if(labels.begin(), labels.end(), [&](std::int32_t label) {
        return reader.is_signal(static_cast<std::size_t>(label));
    }));
}

double fit_unknown_score(const Logits& logits, const Labels& labels, const model::LogitReader& reader,
                         double false_rejection)
{
    return quantile_of(
        of_signals(logits, labels, reader, [&](const float* row) { return reader.unknown_score(row); }),
        1.0 - false_rejection, std::numeric_limits<double>::infinity());
}

double fit_min_confidence(const Logits& logits, const Labels& labels, const model::LogitReader& reader,
                          double false_rejection)
{
    std::vector<double> probabilities(reader.classes());
    const auto confidence = [&](const float* row) {
        reader.probabilities(row, probabilities.data());
        return probabilities[reader.best_named(probabilities.data())];
    };
    return quantile_of(of_signals(logits, labels, reader, confidence), false_rejection, 0.0);
}

model::Decision fit_decision(const Logits& logits, const Labels& labels, const model::ModelInfo& info,
                             double false_rejection)
{
    constexpr double kScoreFraction = 0.9;
    model::Decision decision = info.decision;
    decision.temperature = fit_temperature(logits, labels);
    const model::LogitReader reader(info, decision);
    decision.unknown_score = fit_unknown_score(logits, labels, reader, kScoreFraction * false_rejection);
    decision.min_confidence = fit_min_confidence(logits, labels, reader, (1.0 - kScoreFraction) * false_rejection);
    return decision;
}

double false_rejection(const Logits& logits, const Labels& labels, const model::LogitReader& reader,
                       double min_confidence)
{
    std::vector<double> probabilities(reader.classes());
    const auto rejected = [&](const float* row) {
        reader.probabilities(row, probabilities.data());
        const std::size_t named = reader.decide(probabilities.data(), reader.unknown_score(row));
        return named == model::LogitReader::kUnknown || probabilities[named] < min_confidence ? 1.0 : 0.0;
    };
    const std::vector<double> values = of_signals(logits, labels, reader, rejected);
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double calibration_error(const Logits& logits, const Labels& labels, const model::LogitReader& reader)
{
    constexpr int kBins = 15;
    struct Bin {
        double confidence = 0.0, right = 0.0;
    };
    check(logits, labels, reader);
    std::array<Bin, kBins> bins;
    std::vector<double> probabilities(reader.classes());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        reader.probabilities(logits.row(i), probabilities.data());
        const auto best = std::max_element(probabilities.begin(), probabilities.end());
        Bin& bin = bins[static_cast<std::size_t>(std::min(kBins - 1, static_cast<int>(*best * kBins)))];
        bin.confidence += *best;
        bin.right += best - probabilities.begin() == labels[i];
    }
    double error = 0.0;
    for (const Bin& bin : bins)
        error += std::abs(bin.right - bin.confidence) / static_cast<double>(labels.size());
    return error;
}

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
    info.drift.clear(); // of another network, or decision
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
