// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/evaluate.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/modulation.h"
#include "prunedamr/graph/contract.h"
#include "prunedamr/graph/logits.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/validation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace prunedamr::train {
namespace {

constexpr int kBatch = 256; ///< frames at a time, where nothing else is asked for

const char* name_of(data::Part part)
{
    switch (part) {
    case data::Part::train:
        return "train";
    case data::Part::validation:
        return "validation";
    case data::Part::test:
        break;
    }
    return "test";
}

std::vector<std::int64_t> indices_of(const data::Dataset& dataset, data::Part part)
{
    std::vector<std::int64_t> indices = dataset.indices(part);
    if (indices.empty())
        throw Error({ "no frames in this part of the data set", name_of(part), "0", "at least 1" });
    return indices;
}

torch::Tensor logits_of(const graph::Network& network, const data::Dataset& dataset,
                        const std::vector<std::int64_t>& indices, const std::string& device_name, int batch)
{
    if (batch < 1)
        throw Error({ "value out of range", "batch", std::to_string(batch), "at least 1" });
    check_compatible(network, dataset);
    const torch::Device device = nn::device_from_name(device_name);
    nn::GraphModule module(network);
    module.to(device);
    return infer(module, dataset, indices, device, batch);
}

/// Class of each of the frames.
torch::Tensor decisions_of(const graph::Network& network, const data::Dataset& dataset,
                           const std::vector<std::int64_t>& indices, const std::string& device, int batch)
{
    return logits_of(network, dataset, indices, device, batch).argmax(1).to(torch::kInt32).contiguous();
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

/// What `measure` says of the logits of the part's frames, those of noise and of the class `unknown` apart.
template <class Measure>
std::vector<double> of_named_signals(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                                     const std::string& device, const Measure& measure)
{
    const std::vector<std::int64_t> indices = indices_of(dataset, part);
    const torch::Tensor logits = logits_of(network, dataset, indices, device, kBatch).contiguous();
    std::vector<double> values;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const std::string& label =
            dataset.class_names[static_cast<std::size_t>(dataset.label[static_cast<std::size_t>(indices[i])])];
        if (family_of(label) != graph::kNoiseFamily && label != graph::kUnknownLabel)
            values.push_back(measure(logits.data_ptr<float>() + i * network.labels.size()));
    }
    return values;
}

/// `none` of too few values.
double quantile_of(std::vector<double> values, double quantile, double none)
{
    if (values.size() < kFewestSignals)
        return none;
    const auto place = static_cast<std::ptrdiff_t>(quantile * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return values[static_cast<std::size_t>(place)];
}

} // namespace

void check_compatible(const graph::Network& network, const data::Dataset& dataset)
{
    graph::check_contract(network, dataset.front_end, dataset.class_names, network.name);
}

data::Scores evaluate(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                      const std::string& device, int batch)
{
    const std::vector<std::int64_t> indices = indices_of(dataset, part);
    const torch::Tensor decisions = decisions_of(network, dataset, indices, device, batch);
    const std::int32_t* decision = decisions.data_ptr<std::int32_t>();
    data::Scores scores(dataset.class_names);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const auto index = static_cast<std::size_t>(indices[i]);
        scores.add(dataset.label[index], decision[i], dataset.snr_db[index]);
    }
    return scores;
}

data::PairedChange compare(const graph::Network& before, const graph::Network& after, const data::Dataset& dataset,
                           data::Part part, const std::string& device)
{
    const std::vector<std::int64_t> indices = indices_of(dataset, part);
    const torch::Tensor first = decisions_of(before, dataset, indices, device, kBatch);
    const torch::Tensor second = decisions_of(after, dataset, indices, device, kBatch);
    data::PairedChange change;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const auto index = static_cast<std::size_t>(indices[i]);
        change.add(dataset.label[index], first.data_ptr<std::int32_t>()[i], second.data_ptr<std::int32_t>()[i],
                   dataset.group[index]);
    }
    return change;
}

void check_floors(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config)
{
    if (config.floors.empty())
        return;
    const torch::Device device = nn::device_from_name(config.device);
    nn::GraphModule module(network);
    module.to(device);
    Epoch reached;
    Validation(dataset, config, device).measure(module, reached);
    check_floors(config.floors, reached.recalls);
}

double fit_temperature(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                       const std::string& device)
{
    constexpr double kLowest = 0.05, kHighest = 20.0;
    const std::vector<std::int64_t> indices = indices_of(dataset, part);
    const torch::Tensor logits = logits_of(network, dataset, indices, device, kBatch).to(torch::kFloat64);
    const torch::Tensor labels = labels_of(dataset, indices);
    const auto log_likelihood_loss = [&](double log_temperature) {
        return torch::nll_loss(torch::log_softmax(logits / std::exp(log_temperature), 1), labels).item<double>();
    };
    return std::exp(minimum(log_likelihood_loss, std::log(kLowest), std::log(kHighest)));
}

double fit_unknown_score(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                         double false_rejection, const std::string& device)
{
    const graph::LogitReader reader(network);
    return quantile_of(of_named_signals(network, dataset, part, device,
                                        [&](const float* logits) { return reader.unknown_score(logits); }),
                       1.0 - false_rejection, std::numeric_limits<double>::infinity());
}

double fit_min_confidence(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                          double false_rejection, const std::string& device)
{
    const graph::LogitReader reader(network);
    std::vector<double> probabilities(reader.classes());
    const auto confidence = [&](const float* logits) {
        reader.probabilities(logits, probabilities.data());
        return probabilities[reader.best_named(probabilities.data())];
    };
    return quantile_of(of_named_signals(network, dataset, part, device, confidence), false_rejection, 0.0);
}

double false_rejection(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                       const std::string& device)
{
    const graph::LogitReader reader(network);
    std::vector<double> probabilities(reader.classes());
    const auto rejected = [&](const float* logits) {
        reader.probabilities(logits, probabilities.data());
        const std::size_t named = reader.decide(probabilities.data(), reader.unknown_score(logits));
        return named == graph::LogitReader::kUnknown || probabilities[named] < network.decision.min_confidence
                   ? 1.0
                   : 0.0;
    };
    const std::vector<double> values = of_named_signals(network, dataset, part, device, rejected);
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double calibration_error(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                         const std::string& device)
{
    constexpr int kBins = 15;
    struct Bin {
        double confidence = 0.0, right = 0.0;
    };
    std::array<Bin, kBins> bins;
    const std::vector<std::int64_t> indices = indices_of(dataset, part);
    const torch::Tensor logits = logits_of(network, dataset, indices, device, kBatch).contiguous();
    const graph::LogitReader reader(network);
    std::vector<double> probabilities(reader.classes());
    for (std::size_t i = 0; i < indices.size(); ++i) {
        reader.probabilities(logits.data_ptr<float>() + i * reader.classes(), probabilities.data());
        const auto best = std::max_element(probabilities.begin(), probabilities.end());
        Bin& bin = bins[static_cast<std::size_t>(std::min(kBins - 1, static_cast<int>(*best * kBins)))];
        bin.confidence += *best;
        bin.right += best - probabilities.begin() == dataset.label[static_cast<std::size_t>(indices[i])];
    }
    double error = 0.0;
    for (const Bin& bin : bins)
        error += std::abs(bin.right - bin.confidence) / static_cast<double>(indices.size());
    return error;
}

} // namespace prunedamr::train
