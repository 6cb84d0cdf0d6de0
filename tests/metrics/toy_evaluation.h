// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/reference.h"
#include "tests/train/toy_data.h"

#include <cmath>
#include <vector>

namespace prunedamr::test {

inline std::vector<float> reference_logits(const graph::Network& network, const dataset::Dataset& dataset,
                                           std::int64_t index)
{
    const float* frame = dataset.frame(index);
    return graph::run_reference(network, { frame, frame + 2 * dataset.length() });
}

/// Labels drawn from the network's own softmax at `temperature`, which is then the best temperature.
inline void draw_labels(dataset::Dataset& dataset, const graph::Network& network, double temperature)
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

/// Indices of all frames.
inline std::vector<std::int64_t> all_of(const dataset::Dataset& dataset)
{
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        indices.push_back(i);
    return indices;
}

} // namespace prunedamr::test
