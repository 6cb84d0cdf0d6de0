// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune::rl {

/// `count` of the indices drawn without return, ascending; all of them when there are fewer.
std::vector<std::int64_t> draw(std::vector<std::int64_t> indices, int count, std::uint64_t seed);

/// The fixed frames that every candidate of a search is judged by.
class RewardFrames
{
public:
    /// Copies the frames `indices`, at least one. On "cpu" the native engine runs the candidates, several times
    /// faster than LibTorch; elsewhere LibTorch does.
    RewardFrames(const dataset::Dataset& dataset, std::vector<std::int64_t> indices, std::string device);

    /// Share of the frames that the network labels right. May be called by several threads.
    double accuracy(const graph::Network& network) const;

    std::size_t size() const { return indices_.size(); }

private:
    const dataset::Dataset& dataset_;
    std::vector<std::int64_t> indices_;
    std::vector<float> frames_; ///< [count, 2, L]
    std::string device_;
};

} // namespace prunedamr::prune::rl
