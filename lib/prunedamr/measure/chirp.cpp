// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/chirp.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr int kToneWindows = 20, kJudgeWindows = 6;
constexpr int kJudged = 6; // candidates
constexpr double kAccept = 10.0;
constexpr double kTone = 4.0;  // level of a tone worth judging, over the mean of its spectrum
constexpr double kAgainst = 2.0; // over what no slope and the opposite slope gather: speech has both, a carrier has none

} // namespace

/// The band at about 4.5 samples per band, to space.b.
void Chirp::filter(const Front& front) noexcept
{
    const double edge = 0.1 * front.bandwidth(), flat = 0.62 * front.bandwidth();
    const int first = front.bin(-flat - edge), last = front.bin(flat + edge);
    for (int k = first; k <= last; ++k)
        mask_[k] = static_cast<float>(std::clamp((flat + edge - std::fabs(front.offset(k))) / edge, 0.0, 1.0));
    const int size = std::min(space_.size(4.5 * front.bandwidth() * front.bins()), space_.size(2.0 * front.bins()));
    front.extract(first, last, front.bins() / 2, mask_.data(), size, space_.b.data());
    ratio_ = static_cast<double>(size) / front.bins();
    band_ = front.bandwidth() / ratio_;
    count_ = front.resampled(size);
}

/// Slopes of the strongest tones of the product with a lag of a quarter of a window, for windows of 16 to 2048 chips.
int Chirp::candidates(double* slopes) noexcept
{
    const Complex* y = space_.b.data();
    Best<double, kCandidates> found;
    int last = 0;
    for (int chips = 16; chips <= 2048; chips *= 2) {
        const int length = space_.size(chips / band_), lag = length / 4, hop = length / 2;
        if (length < 24 || length > count_ - lag || length == last)
            continue;
        last = length;
        const int windows = (count_ - lag - length) / hop + 1, used = std::min(windows, kToneWindows);
        float* sum = space_.u.data();
        std::fill(sum, sum + length, 0.0f);
        for (int i = 0; i < used; ++i) {
            const Complex* start = y + static_cast<std::ptrdiff_t>(hop) * (used > 1 ? i * (windows - 1) / (used - 1) : 0);
            for (int n = 0; n < length; ++n) {
                const auto hann = static_cast<float>(0.5 - 0.5 * std::cos(2.0 * M_PI * n / length));
                const Complex a = start[n + lag], b = start[n];
                space_.a[n] = Complex(a.real() * b.real() + a.imag() * b.imag(), a.imag() * b.real() - a.real() * b.imag()) * hann;
            }
            space_.forward(length, space_.a.data(), space_.c.data());
            double total = 1e-30;
            for (int k = 0; k < length; ++k)
                total += std::norm(space_.c[k]);
            for (int k = 0; k < length; ++k)
                sum[k] += static_cast<float>(std::norm(space_.c[k]) * length / total);
        }
        const int reach = std::min(static_cast<int>(0.9 * band_ * length), length / 2 - 2);
        Best<int, 2> peaks;
        const auto at = [&](int k) { return sum[(k + length) % length]; };
        for (int k = -reach; k <= reach; ++k)
            if (std::abs(k) >= 3 && at(k) >= at(k - 1) && at(k) > at(k + 1))
                peaks.offer(at(k), k);
        for (int i = 0; i < peaks.count; ++i) {
            const int k = peaks.items[i];
            if (peaks.keys[i] < kTone * used)
                continue;
            found.offer(peaks.keys[i] / used, (k + parabola(at(k - 1), at(k), at(k + 1))) / length / lag);
        }
    }
    int count = 0;
    for (int i = 0; i < found.count && count < kJudged; ++i) {
        const double slope = found.items[i];
        if (std::none_of(slopes, slopes + count, [&](double other) { return std::fabs(slope / other - 1.0) < 0.03; }))
            slopes[count++] = slope;
    }
    return count;
}

/// Mean share of the power of a dechirped window that its strongest bin has.
double Chirp::concentration(double slope, int length, int max_windows) noexcept
{
    const int size = space_.size(2.0 * length), hop = std::max(1, length / 3);
    const int windows = (count_ - length) / hop + 1, used = std::min(windows, max_windows);
    // exp(-i pi slope n^2), once for all windows
    Complex* back = space_.a.data() + size;
    const bool fits = 2 * size <= static_cast<int>(space_.a.size());
    if (!fits)
        return 0.0;
    for (int n = 0; n < length; ++n) {
        const double turns = 0.5 * slope * n * static_cast<double>(n);
        back[n] = Complex(std::polar(1.0, -2.0 * M_PI * (turns - std::floor(turns))));
    }
    std::fill(space_.a.begin() + length, space_.a.begin() + size, Complex());
    double sum = 0.0;
    for (int i = 0; i < used; ++i) {
        const Complex* start = space_.b.data() + static_cast<std::ptrdiff_t>(hop) * (used > 1 ? i * (windows - 1) / (used - 1) : 0);
        for (int n = 0; n < length; ++n)
            space_.a[n] = Complex(start[n].real() * back[n].real() - start[n].imag() * back[n].imag(),
                                  start[n].real() * back[n].imag() + start[n].imag() * back[n].real());
        space_.forward(size, space_.a.data(), space_.c.data());
        float top = 0.0f;
        double total = 1e-30;
        for (int k = 0; k < size; ++k) {
            const float power = std::norm(space_.c[k]);
            total += power;
            top = std::max(top, power);
        }
        sum += top / total * size / length;
    }
    return sum / std::max(1, used);
}

ChirpNumbers Chirp::measure(const Front& front) noexcept
{
    ChirpNumbers numbers;
    filter(front);
    const double width = front.half_width() / ratio_;
    double slopes[kCandidates];
    const int count = candidates(slopes);
    double best = 0.0, slope = 0.0;
    int length = 0;
    const auto window = [&](double s) { return static_cast<int>(0.6 * width / std::max(std::fabs(s), 1e-15)); };
    for (int i = 0; i < count; ++i)
        for (const double part : { 0.0, -0.02, 0.02 }) {
            const int l = window(slopes[i]);
            // Of long chirps the tone says the slope well enough.
            if (l < 24 || l > 0.7 * count_ || (part != 0.0 && l * width > 400.0))
                continue;
            const double share = concentration(slopes[i] * (1.0 + part), l, kJudgeWindows);
            if (share > best) {
                best = share;
                slope = slopes[i] * (1.0 + part);
                length = l;
            }
        }
    if (length == 0)
        return numbers;
    // The parabola's arms: a slope error of 1 / length^2 spreads the tone over one bin.
    for (const double reach : { 4.0, 1.5, 0.6 }) {
        const double step = reach / (static_cast<double>(length) * length);
        double around[5];
        int top = 0;
        for (int i = 0; i < 5; ++i) {
            around[i] = concentration(slope + (i - 2) * 0.5 * step, length, std::clamp(12000 / length, kJudgeWindows, 40));
            if (around[i] > around[top])
                top = i;
        }
        double offset = top - 2.0;
        if (top > 0 && top < 4)
            offset += parabola(around[top - 1], around[top], around[top + 1]);
        slope += 0.5 * step * offset;
        best = std::max(best, around[top]);
    }
    numbers.gain = best * length / std::log(length);
    numbers.slope = slope * ratio_ * ratio_;
    numbers.slope_error = 0.2 * ratio_ * ratio_ / (static_cast<double>(length) * length);
    numbers.bandwidth = front.half_width();
    numbers.spreading_factor = std::log2(numbers.bandwidth * numbers.bandwidth / std::max(std::fabs(numbers.slope), 1e-30));
    const int windows = std::clamp(12000 / length, kJudgeWindows, 40);
    const double other = std::max(concentration(0.0, length, windows), concentration(-slope, length, windows));
    numbers.is_accepted = numbers.gain > kAccept && best > 0.1 && best > kAgainst * other && numbers.spreading_factor > 4.5 && numbers.spreading_factor < 13.0;
    return numbers;
}

} // namespace prunedamr::measure
