// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/model_chain.h"

#include <algorithm>

namespace prunedamr::stream {
namespace {

/// `alone`: its decisions have nothing to do with each other.
BlockClassifier block_classifier(ModelChain& chain, const ClassifierConfig& config, bool alone)
{
    const graph::Network& facts = chain.model.facts;
    graph::Decision decision = facts.decision;
    decision.min_confidence = config.min_confidence.value_or(decision.min_confidence);
    if (alone)
        decision.hysteresis = 0.0;
    return { chain.front_end, chain.model.engine, Vote(facts, decision),
             config.noise_floor_dbfs + config.gate_margin_db };
}

std::uint64_t blocks_in(std::uint64_t samples, int block_length)
{
    const auto length = static_cast<std::uint64_t>(block_length);
    return std::max<std::uint64_t>(1, (samples + length - 1) / length);
}

} // namespace

ModelChain::ModelChain(Model wanted, const ClassifierConfig& config)
    : model(std::move(wanted)), front_end(model.facts.front_end),
      stream(block_classifier(*this, config, config.bursts)), burst(block_classifier(*this, config, true)),
      block_length(front_end.block_length()), block_s(block_length / config.sample_rate_hz),
      blocks_per_interval(blocks_in(config.interval_samples, block_length)),
      blocks_per_burst(blocks_in(interval_samples(config.max_burst_s, config.sample_rate_hz), block_length)),
      buffer(static_cast<std::size_t>(block_length))
{
}

} // namespace prunedamr::stream
