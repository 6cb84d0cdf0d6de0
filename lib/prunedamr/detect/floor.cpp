// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/floor.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/detect/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace prunedamr::detect {
namespace {

constexpr int kMaxOfTile = 128;                // bins that the gain of a tile is taken of
constexpr int kMinOfBin = 64, kMaxOfBin = 256; // tiles that a bin's own floor is taken of,
constexpr int kCells = 1 << 18;                // within these bounds so many of all bins
constexpr int kMaxBlocks = 256;                // of the band
constexpr int kMaxOfBlock = 64;                // bins that are measured
constexpr int kLanes = 16, kBisections = 12;
constexpr float kGainQuantile = 0.15f;
constexpr float kSteady = 1.6f; // gains within this factor are one gain
constexpr float kOwnQuantile = 0.3f;
constexpr float kBlockQuantile = 0.35f;
constexpr float kAroundQuantile = 0.15f;
constexpr float kSlope = 8.0f; // factor over the whole band that a floor may rise: 9 dB
constexpr float kTiny = 1e-30f;

PRUNEDAMR_VECTOR_CLONES
void multiply(float* __restrict values, const float* __restrict factors, float factor, int count)
{
    for (int i = 0; i < count; ++i)
        values[i] *= factors[i] * factor;
}

/// Quantiles of the columns of values[count][kLanes], none of them negative: such floats are ordered as their bits
/// are, whose range is halved until it is a few thousandths of a value wide. Vectors do this faster than sorting.
PRUNEDAMR_VECTOR_CLONES
void column_quantiles(const float* __restrict values, int count, float fraction, float* __restrict out)
{
    const int rank = std::min(count - 1, static_cast<int>(fraction * static_cast<float>(count)));
    float least[kLanes], most[kLanes];
    std::memcpy(least, values, sizeof least);
    std::memcpy(most, values, sizeof most);
    for (int i = 1; i < count; ++i)
        for (int k = 0; k < kLanes; ++k) {
            const float v = values[i * kLanes + k];
            least[k] = v < least[k] ? v : least[k];
            most[k] = v > most[k] ? v : most[k];
        }
    std::int32_t low[kLanes], high[kLanes];
    std::memcpy(low, least, sizeof low);
    std::memcpy(high, most, sizeof high);
    for (int step = 0; step < kBisections; ++step) {
        std::int32_t middle[kLanes], below[kLanes] = {};
        float limit[kLanes];
        for (int k = 0; k < kLanes; ++k)
            middle[k] = low[k] + (high[k] - low[k]) / 2;
        std::memcpy(limit, middle, sizeof limit);
        for (int i = 0; i < count; ++i)
            for (int k = 0; k < kLanes; ++k)
                below[k] += values[i * kLanes + k] < limit[k] ? 1 : 0;
        for (int k = 0; k < kLanes; ++k) {
            low[k] = below[k] <= rank ? middle[k] : low[k];
            high[k] = below[k] <= rank ? high[k] : middle[k];
        }
    }
    std::memcpy(out, low, sizeof low);
}

} // namespace

Floor::Floor(const TileField& field)
    : blocks_(std::min(field.bins(), kMaxBlocks)), width_(field.bins() / blocks_),
      own_width_(std::min(width_, kMaxOfBlock)), gains_(field.capacity() + kLanes), own_(blocks_ * own_width_),
      density_(field.bins()),
      ranked_(std::max<std::size_t>({ own_.size(), gains_.size(), kMaxOfBin * kLanes, kMaxOfTile * kLanes })),
      block_(blocks_), around_(blocks_), factors_(field.bins())
{
}

void Floor::measure_gains(const TileField& field) noexcept
{
    const int tiles = field.tiles(), bins = field.bins(), step = std::max(1, bins / kMaxOfTile);
    for (int first = 0; first < tiles; first += kLanes) {
        int count = 0;
        for (int b = step / 2; b < bins; b += step, ++count)
            for (int k = 0; k < kLanes; ++k)
                ranked_[count * kLanes + k] = field.tile(std::min(first + k, tiles - 1))[b];
        column_quantiles(ranked_.data(), count, kGainQuantile, gains_.data() + first);
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

/// Of every block the first of each few lanes of bins, if not all of them.
void Floor::measure_own(const TileField& field) noexcept
{
    const int tiles = field.tiles(), most = std::clamp(kCells / field.bins(), kMinOfBin, kMaxOfBin),
              step = std::max(1, tiles / most), measured = static_cast<int>(own_.size());
    const float to_mean = 1.0f / gamma_quantile(TileField::kLooks, normal_quantile(kOwnQuantile));
    for (int i = 0; i < measured; i += kLanes) {
        const int bin = bin_of_own(i);
        int count = 0;
        for (int t = step / 2; t < tiles && count < kMaxOfBin; t += step)
            if (gains_[t] > 0.0f) {
                const float* cells = field.tile(t) + bin;
                for (int k = 0; k < kLanes; ++k)
                    ranked_[count * kLanes + k] = cells[k] / gains_[t];
                ++count;
            }
        if (count == 0) {
            std::fill_n(own_.data() + i, kLanes, 1.0f);
            continue;
        }
        column_quantiles(ranked_.data(), count, kOwnQuantile, own_.data() + i);
        for (int k = 0; k < kLanes; ++k)
            own_[i + k] *= to_mean;
    }
}

int Floor::bin_of_own(int i) const noexcept
{
    if (own_width_ == width_)
        return i;
    const int lanes = i % own_width_ / kLanes, all = own_width_ / kLanes;
    return i / own_width_ * width_ + lanes * (width_ / all) + i % kLanes;
}

/// Of the blocks a low quantile each, then for each a low quantile of all, those far off raised by the slope.
void Floor::measure_around() noexcept
{
    for (int i = 0; i < blocks_; ++i) {
        std::copy_n(own_.data() + i * own_width_, own_width_, ranked_.data());
        block_[i] = quantile(ranked_.data(), own_width_, own_width_ > 1 ? kBlockQuantile : 0.0f);
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

/// What lies around, smoothed, then moved as a whole so that it fits the bins without signals.
void Floor::measure_density() noexcept
{
    const int reach = std::max(1, blocks_ / 64), measured = static_cast<int>(own_.size());
    for (int i = 0; i < blocks_; ++i) {
        const int first = std::max(0, i - reach), last = std::min(blocks_ - 1, i + reach);
        float sum = 0.0f;
        for (int k = first; k <= last; ++k)
            sum += around_[k];
        block_[i] = std::max(kTiny, sum / static_cast<float>(last - first + 1));
    }
    int count = 0;
    for (int i = 0; i < measured; ++i) {
        const float ratio = own_[i] / block_[i / own_width_];
        if (ratio > 0.7f && ratio < 1.4f)
            ranked_[count++] = ratio;
    }
    const float center = count > std::max(16, measured / 50) ? quantile(ranked_.data(), count, 0.5f) : 1.0f;
    for (int i = 0; i < blocks_; ++i) {
        std::fill_n(density_.data() + i * width_, width_, center * block_[i]);
        std::fill_n(factors_.data() + i * width_, width_, 1.0f / (center * block_[i]));
    }
}

bool Floor::normalize(TileField& field) noexcept
{
    const int tiles = field.tiles(), bins = field.bins();
    if (tiles < 2)
        return false;
    measure_gains(field);
    measure_own(field);
    measure_around();
    measure_density();
    for (int t = 0; t < tiles; ++t)
        if (gains_[t] > 0.0f)
            multiply(field.tile(t), factors_.data(), 1.0f / gains_[t], bins);
        else
            std::fill_n(field.tile(t), bins, 1.0f);
    return true;
}

} // namespace prunedamr::detect
