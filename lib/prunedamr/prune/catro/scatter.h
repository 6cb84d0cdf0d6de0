// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
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

} // namespace prunedamr::prune
