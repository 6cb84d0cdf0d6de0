// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/on_off.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

/// Between transitions of band-limited PSK the envelope is high, too: it falls by 2 to 3 dB only.
constexpr double kMinKeyingDb = 6.0;

struct Level {
    double sum = 0.0, square = 0.0;
    int count = 0;
    double mean() const { return sum / std::max(1, count); }
    double variance() const { return std::max(0.0, square / std::max(1, count) - mean() * mean()); }
};

} // namespace

OnOffNumbers OnOff::measure(const Front& front) noexcept
{
    OnOffNumbers numbers;
    // Wide, so that edges stay steep, at six samples per rough band or more.
    const int first = front.bin(-1.7 * front.bandwidth()), last = front.bin(1.7 * front.bandwidth());
    const int size = std::min(space_.size(8.0 * front.bandwidth() * front.bins()), front.bins());
    front.extract(first, last, front.bins() / 2, mask_.data(), size, space_.b.data());
    const double ratio = static_cast<double>(size) / front.bins(), width = front.bandwidth() / ratio;
    const int count = front.resampled(size);
    float* envelope = space_.v.data();
    for (int n = 0; n < count; ++n)
        space_.w[n] = std::abs(space_.b[n]);
    smooth_circular(space_.w.data(), envelope, count, static_cast<int>(0.35 / width));

    double low = quantile(space_, envelope, count, 0.1), high = quantile(space_, envelope, count, 0.95);
    Level off, on;
    for (int round = 0; round < 12; ++round) {
        const auto threshold = static_cast<float>(0.5 * (low + high));
        off = on = {};
        for (int n = 0; n < count; ++n) {
            Level& level = envelope[n] > threshold ? on : off;
            level.sum += envelope[n];
            level.square += static_cast<double>(envelope[n]) * envelope[n];
            ++level.count;
        }
        if (on.count < 3 || off.count < 3)
            break;
        low = off.mean();
        high = on.mean();
    }
    numbers.duty = static_cast<double>(on.count) / count;
    numbers.on_off_db = 20.0 * std::log10(high / std::max(low, 1e-9 * high));
    numbers.separation = (high - low) / std::sqrt(0.5 * (off.variance() + on.variance()) + 1e-30);
    comb_.find(envelope, count, low, high, 0.35);
    numbers.edges = comb_.count();
    const CombLine line = comb_.search(count, std::min(0.28, 3.0 * width), 4, true);
    if (line.rate <= 0.0)
        return numbers;
    numbers.rate = comb_.refine(line.rate, count) * ratio;
    numbers.rate_error = 0.39 * ratio / (count * std::sqrt(std::max(1.0, line.strength)));
    numbers.score = line.score;
    numbers.is_accepted = numbers.on_off_db > kMinKeyingDb && numbers.separation > 3.5 && line.score > 4.0 && line.share > 0.5 && numbers.edges >= 12;
    return numbers;
}

} // namespace prunedamr::measure
