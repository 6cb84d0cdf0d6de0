// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/compare_models.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/front_end_spec_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

namespace prunedamr::tool {
namespace {

constexpr int kBatch = 16, kRounds = 101;

metrics::Opinion opinion(const model::Model& model, const dataset::Dataset& dataset, const std::vector<std::int64_t>& frames,
                         const std::string& where)
{
    if (to_json(model.info.front_end) != to_json(dataset.front_end))
        throw Error({ "the data were made by another front end than the model's", where, to_json(dataset.front_end).dump(),
                      to_json(model.info.front_end).dump() });
    return { model.info, metrics::evaluate(metrics::engine_runner(model), dataset, frames) };
}

} // namespace

Opinions opinions(const model::Model& base, const model::Model& updated, const dataset::Dataset& dataset, const std::string& where)
{
    std::vector<std::int64_t> frames(static_cast<std::size_t>(dataset.size()));
    std::iota(frames.begin(), frames.end(), 0);
    std::stable_sort(frames.begin(), frames.end(), [&](std::int64_t a, std::int64_t b) {
        return dataset.group[static_cast<std::size_t>(a)] < dataset.group[static_cast<std::size_t>(b)];
    });
    if (frames.empty())
        throw Error({ "no frames", where, "", "" });
    Opinions all{ opinion(base, dataset, frames, where), opinion(updated, dataset, frames, where), {} };
    all.joint = metrics::join(all.before, all.after);
    return all;
}

std::pair<double, double> latencies_us(const model::Model& base, const model::Model& updated)
{
    engine::EngineConfig config;
    config.max_batch = kBatch;
    const metrics::Runner runners[] = { metrics::engine_runner(base, config), metrics::engine_runner(updated, config) };
    std::vector<double> times[2];
    std::vector<float> frames, logits;
    for (int round = 0; round < 2 * kRounds; ++round) {
        const metrics::Runner& runner = runners[round % 2];
        frames.resize(static_cast<std::size_t>(kBatch * 2 * runner.length), 0.5f);
        logits.resize(static_cast<std::size_t>(kBatch * runner.classes));
        const auto start = std::chrono::steady_clock::now();
        runner.run(frames.data(), kBatch, logits.data());
        times[round % 2].push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / kBatch);
    }
    for (auto& of_one : times)
        std::nth_element(of_one.begin(), of_one.begin() + kRounds / 2, of_one.end());
    return { times[0][kRounds / 2], times[1][kRounds / 2] };
}

} // namespace prunedamr::tool
