// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/evaluate.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <memory>

namespace prunedamr::metrics {
namespace {

double fraction(std::int64_t part, std::int64_t whole)
{
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

} // namespace

void PairedComparison::add(std::int32_t truth, std::int32_t before, std::int32_t after, std::int64_t group)
{
    const int change = (after == truth) - (before == truth);
    Sum& sum = groups_[group];
    ++sum.frames;
    sum.change += change;
    ++count_;
    change_ += change;
    differing_ += before != after;
}

double PairedComparison::accuracy() const
{
    return fraction(change_, count_);
}

double PairedComparison::standard_error() const
{
    double squares = 0.0;
    for (const auto& [group, sum] : groups_) {
        const double excess = static_cast<double>(sum.change) - accuracy() * static_cast<double>(sum.frames);
        squares += excess * excess;
    }
    return count_ > 0 ? std::sqrt(squares) / static_cast<double>(count_) : 0.0;
}

double PairedComparison::differing() const
{
    return fraction(differing_, count_);
}

nlohmann::json PairedComparison::to_json() const
{
    return { { "count", count_ },
             { "accuracy", accuracy() },
             { "standard_error", standard_error() },
             { "differing", differing() } };
}

std::string PairedComparison::to_text() const
{
    return fmt::format("{:+.2f} points, standard error {:.2f}; {:.1f} % of the decisions differ",
                       100.0 * accuracy(), 100.0 * standard_error(), 100.0 * differing());
}

std::vector<std::int32_t> decisions(const Logits& logits)
{
    std::vector<std::int32_t> best;
    best.reserve(logits.count());
    for (std::size_t i = 0; i < logits.count(); ++i) {
        const float* row = logits.row(i);
        best.push_back(static_cast<std::int32_t>(std::max_element(row, row + logits.classes) - row));
    }
    return best;
}

Runner engine_runner(const graph::Network& network, const engine::EngineConfig& config)
{
    return engine_runner(engine::Engine(network, config));
}

Runner engine_runner(const model::Model& model, const engine::EngineConfig& config)
{
    return engine_runner(engine::Engine(model, config));
}

Runner engine_runner(engine::Engine engine)
{
    auto compiled = std::make_shared<engine::Engine>(std::move(engine));
    return { [compiled](const float* frames, int batch, float* logits) { compiled->run(frames, batch, logits); },
             compiled->length(), compiled->classes(), compiled->max_batch() };
}

Evaluation evaluate(const Runner& runner, const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices)
{
    PRUNEDAMR_CHECK(dataset.length() == runner.length, "frames of another length than the network's");
    const auto values = static_cast<std::size_t>(2 * runner.length);
    const auto max_count = static_cast<std::size_t>(runner.max_batch);
    Evaluation result;
    result.class_names = dataset.class_names;
    result.logits.classes = static_cast<std::size_t>(runner.classes);
    result.logits.values.resize(indices.size() * result.logits.classes);
    std::vector<float> frames(std::min(max_count, indices.size()) * values);
    for (std::size_t first = 0; first < indices.size(); first += max_count) {
        const std::size_t batch = std::min(max_count, indices.size() - first);
        for (std::size_t i = 0; i < batch; ++i)
            std::copy_n(dataset.frame(indices[first + i]), values, frames.data() + i * values);
        runner.run(frames.data(), static_cast<int>(batch),
                   result.logits.values.data() + first * result.logits.classes);
    }
    for (const std::int64_t index : indices) {
        const auto i = static_cast<std::size_t>(index);
        result.labels.push_back(dataset.label[i]);
        result.snr_db.push_back(dataset.snr_db[i]);
        result.groups.push_back(dataset.group[i]);
    }
    return result;
}

Scores scores_of(const Evaluation& evaluation)
{
    const std::vector<std::int32_t> decided = decisions(evaluation.logits);
    Scores scores(evaluation.class_names);
    for (std::size_t i = 0; i < decided.size(); ++i)
        scores.add(evaluation.labels[i], decided[i], evaluation.snr_db[i]);
    return scores;
}

PairedComparison compare(const Evaluation& before, const Evaluation& after)
{
    if (before.labels != after.labels || before.groups != after.groups)
        throw Error(
            { "compared on different frames", "",
              std::to_string(before.labels.size()) + " and " + std::to_string(after.labels.size()) + " frames",
              "the same frames in the same order" });
    const std::vector<std::int32_t> first = decisions(before.logits), second = decisions(after.logits);
    PairedComparison comparison;
    for (std::size_t i = 0; i < first.size(); ++i)
        comparison.add(before.labels[i], first[i], second[i], before.groups[i]);
    return comparison;
}

} // namespace prunedamr::metrics
