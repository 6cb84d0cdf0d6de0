// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/floor.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/detect/statistics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::detect {
namespace {

constexpr int kMaxRanked = 256;      // tiles or bins that a quantile is taken of
constexpr int kMaxBlocks = 256;      // of the band
constexpr float kGainQuantile = 0.15f;
constexpr float kSteady = 1.6f;      // gains within this factor are one gain
constexpr float kOwnQuantile = 0.3f;
constexpr float kBlockQuantile = 0.35f;
constexpr float kAroundQuantile = 0.15f;
constexpr float kSlope = 8.0f;       // factor over the whole band that a floor may rise: 9 dB
constexpr float kTiny = 1e-30f;

PRUNEDAMR_VECTOR_CLONES
void multiply(float* __restrict values, const float* __restrict factors, float factor, int count)
{
    for (int i = 0; i < count; ++i)
        values[i] *= factors[i] * factor;
}

} // namespace

Floor::Floor(const TileField& field)
    : blocks_(std::min(field.bins(), kMaxBlocks)), gains_(field.capacity()), own_(field.bins()), density_(field.bins()),
      ranked_(std::max(std::max(field.bins(), field.capacity()), 2 * kMaxRanked)), block_(blocks_), around_(blocks_)
{
}

void Floor::measure_gains(const TileField& field) noexcept
{
    const int tiles = field.tiles(), bins = field.bins(), step = std::max(1, bins / kMaxRanked);
    for (int t = 0; t < tiles; ++t) {
        int count = 0;
        for (int b = step / 2; b < bins; b += step)
            ranked_[count++] = field.tile(t)[b];
        gains_[t] = quantile(ranked_.data(), count, kGainQuantile);
    }
    std::copy_n(gains_.data(), tiles, ranked_.data());
    const auto alive = std::partition(ranked_.data(), ranked_.data() + tiles, [](float g) { return g > kTiny; });
    const auto count = static_cast<int>(alive - ranked_.data());
    const float usual = count > 0 ? quantile(ranked_.data(), count, 0.5f) : 1.0f;
    for (int t = 0; t < tiles; ++t) {
        const float gain = gains_[t] / usual;
        gains_[t] = !(gains_[t] > 1e-6f * usual) ? 0.0f : gain < kSteady && gain > 1.0f / kSteady ? 1.0f : gain;
    }
}

void Floor::measure_own(const TileField& field) noexcept
{
    const int tiles = field.tiles(), bins = field.bins(), step = std::max(1, tiles / kMaxRanked);
    const float to_mean = 1.0f / gamma_quantile(TileField::kLooks, normal_quantile(kOwnQuantile));
    for (int b = 0; b < bins; ++b) {
        int count = 0;
        for (int t = step / 2; t < tiles; t += step)
            if (gains_[t] > 0.0f)
                ranked_[count++] = field.tile(t)[b] / gains_[t];
        own_[b] = count > 0 ? to_mean * quantile(ranked_.data(), count, kOwnQuantile) : 1.0f;
    }
}

/// Of the blocks a low quantile each, then for each a low quantile of all, those far off raised by the slope.
void Floor::measure_around(int bins) noexcept
{
    const int width = bins / blocks_;
    for (int i = 0; i < blocks_; ++i) {
        std::copy_n(own_.data() + i * width, width, ranked_.data());
        block_[i] = quantile(ranked_.data(), width, width > 1 ? kBlockQuantile : 0.0f);
    }
    const float slope = std::pow(kSlope, 1.0f / static_cast<float>(blocks_));
    for (int i = 0; i < blocks_; ++i) {
        float margin = 1.0f;
        for (int d = 0; d < blocks_; ++d, margin *= slope) {
            if (i - d >= 0)
                ranked_[i - d] = margin * block_[i - d];
            if (i + d < blocks_)
                ranked_[i + d] = margin * block_[i + d];
        }
        around_[i] = quantile(ranked_.data(), blocks_, kAroundQuantile);
        // Where the receiver's filter falls the bins themselves are lower than what lies around.
        float lowest = block_[i];
        for (int k = std::max(0, i - 1); k <= std::min(blocks_ - 1, i + 1); ++k)
            lowest = std::min(lowest, block_[k]);
        around_[i] = std::min(around_[i], std::max(1.3f * lowest, 0.01f * around_[i]));
    }
}

bool Floor::normalize(TileField& field) noexcept
{
    const int tiles = field.tiles(), bins = field.bins(), width = bins / blocks_;
    if (tiles < 2)
        return false;
    measure_gains(field);
    measure_own(field);
    measure_around(bins);
    const int reach = std::max(1, blocks_ / 64);
    int count = 0;
    for (int b = 0; b < bins; ++b) { // smooth, then linear between the middles of the blocks
        const int i = b / width, first = std::max(0, i - reach), last = std::min(blocks_ - 1, i + reach);
        float sum = 0.0f;
        for (int k = first; k <= last; ++k)
            sum += around_[k];
        density_[b] = std::max(kTiny, sum / static_cast<float>(last - first + 1));
        const float ratio = own_[b] / density_[b];
        if (ratio > 0.7f && ratio < 1.4f)
            ranked_[count++] = ratio;
    }
    const float center = count > std::max(16, bins / 50) ? quantile(ranked_.data(), count, 0.5f) : 1.0f;
    for (float& d : density_)
        d *= center;
    for (int b = 0; b < bins; ++b)
        own_[b] = 1.0f / density_[b];
    for (int t = 0; t < tiles; ++t)
        if (gains_[t] > 0.0f)
            multiply(field.tile(t), own_.data(), 1.0f / gains_[t], bins);
        else
            std::fill_n(field.tile(t), bins, 1.0f);
    return true;
}

} // namespace prunedamr::detect
