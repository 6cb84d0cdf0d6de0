// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/prune/features.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// How far apart classes lie in each channel, and how far the samples of one class. A channel's feature is the
/// vector of its values over all positions, x_nk; with m_ck the mean of class c, m_k that of all samples:
///   within_k = 2 sum_c sum_{n in c} |x_nk - m_ck|^2,   between_k + within_k = 2 sum_n |x_nk - m_k|^2.
struct Scatter {
    std::vector<double> between, within; ///< [channels], >= 0
};

/// Gathers the scatter of one activation class by class, in O(samples * channels * positions).
class ScatterSums
{
public:
    ScatterSums(std::int64_t channels, std::int64_t positions);

    /// Samples of the present class: [samples, channels, positions] float32.
    void add(const float* features, std::int64_t samples);
    void end_class();

    Scatter scatter() const; ///< of the classes that have ended

private:
    /// Sums over samples: of the values [channels, positions], of their squares [channels].
    struct Moments {
        std::int64_t samples = 0;
        std::vector<double> sum, squares;

        std::vector<double> scatter(std::int64_t positions) const; ///< sum of squared deviations from the mean
    };

    std::int64_t positions_;
    Moments class_, all_;
    std::vector<double> within_;
};

/// Where a producing node's channels are looked at: its output after the norms and activations that follow it, as
/// long as each is the only reader.
std::string measured_node(const graph::Network& network, const std::string& producer);

/// Scatter of the groups of each layer, in inference mode. A group's scatter is the sum of those of its members: of
/// all their values as one long feature.
std::vector<Scatter> layer_scatter(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                                   const dataset::Dataset& dataset, const ClassFrames& frames,
                                   const std::string& device);

/// J(I) = sum_I between_k / sum_I within_k, how well a set of channels tells the classes apart together; 0 for a
/// set without scatter between classes, at most 1e12.
double trace_ratio(const Scatter& scatter, const std::vector<int>& set);

struct TraceRatioSet {
    std::vector<int> set; ///< ascending
    double ratio = 0.0;
    int iterations = 0;
};

/// The `size` channels of largest trace ratio, by Dinkelbach's iteration: lambda <- J(I), I <- the `size` largest
/// between_k - lambda within_k, until lambda stands. lambda never falls, and where it stands no other set of that
/// size has a larger ratio. Channels that do not vary (1e-9 of the largest scatter) come last: they would not lower
/// the ratio, but they tell nothing. Ties go to the lower index. 1 <= size <= channels.
TraceRatioSet largest_trace_ratio(const Scatter& scatter, int size);

} // namespace prunedamr::prune
