// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/ofdm.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr double kBandReach = 0.65;    // half of the band used, in rough bandwidths
constexpr double kMaxLag = 0.62;   // of the decision
constexpr double kMinGuard = 1.0 / 72.0, kMaxGuard = 0.30;
constexpr int kHarmonics = 6, kPointsPerSymbol = 16;
constexpr double kContrast = 22.0; // chance reaches 12 among the guards and positions tried
// Wi-Fi, Wi-Fi 6, LTE and 5G of 15 to 120 kHz, DAB, DRM (A to D), DVB-T of 8 MHz (2K, 4K, 8K), vehicles' Wi-Fi.
constexpr double kStandard[] = { 3.2e-6, 12.8e-6, 66.6667e-6, 33.3333e-6, 16.6667e-6, 8.33333e-6, 1e-3, 24e-3, 21.3333e-3,
                                 14.6667e-3, 9.33333e-3, 224e-6, 448e-6, 896e-6, 6.4e-6 };

constexpr int kBlocks = 8, kMinBlock = 256;
constexpr double kMaxDistance = 0.2; // of signals off the air 0.01 to 0.10; keyed and constant envelopes from 0.25 on

/// Greatest distance of the distribution of their power from that of Gaussian samples (Kolmogorov, Smirnov).
double distance_from_gaussian(const Complex* samples, int count, double mean) noexcept
{
    constexpr int kCells = 64; // up to 4 times the mean
    std::array<int, kCells> cells{};
    for (int n = 0; n < count; ++n)
        ++cells[static_cast<std::size_t>(std::min(static_cast<double>(std::norm(samples[n])) / mean * kCells / 4.0, kCells - 1.0))];
    double most = 0.0;
    int below = 0;
    for (int k = 0; k + 1 < kCells; ++k) {
        below += cells[static_cast<std::size_t>(k)];
        most = std::max(most, std::fabs(static_cast<double>(below) / count - 1.0 + std::exp(-4.0 * (k + 1) / kCells)));
    }
    return most;
}

} // namespace

/// Sums of many carriers are Gaussian, what is keyed on and off or has one envelope is not, though codes that repeat
/// look as if they had guards. Of a signal that pauses the stronger parts count.
bool Ofdm::is_gaussian() const noexcept
{
    struct Block {
        double power = 0.0;
        const Complex* samples = nullptr;
    };
    const int blocks = std::clamp(count_ / kMinBlock, 1, kBlocks), length = count_ / blocks, used = (blocks + 3) / 4;
    Best<Block, kBlocks> strongest;
    for (int b = 0; b < blocks; ++b) {
        const Complex* samples = space_.b.data() + b * length;
        double power = 0.0;
        for (int n = 0; n < length; ++n)
            power += static_cast<double>(std::norm(samples[n]));
        if (power > 0.0)
            strongest.offer(power, { power / length, samples });
    }
    double distance = 0.0;
    for (int i = 0; i < std::min(used, strongest.count); ++i)
        distance += distance_from_gaussian(strongest.items[i].samples, length, strongest.items[i].power) / used;
    return strongest.count > 0 && distance < kMaxDistance;
}

/// Leaves the autocorrelation, whitened within the band, in space.c.
bool Ofdm::autocorrelate(const Front& front) noexcept
{
    const int n = front.samples(), bins = space_.size(1.65 * n);
    std::copy(front.time(), front.time() + n, space_.a.begin());
    std::fill(space_.a.begin() + n, space_.a.begin() + bins, Complex());
    space_.forward(bins, space_.a.data(), space_.b.data());
    float* power = space_.u.data();
    float* density = space_.v.data();
    for (int k = 0; k < bins; ++k)
        power[k] = std::norm(space_.b[k]) / n;
    smooth_circular(power, density, bins, std::max(9, static_cast<int>(front.bandwidth() * bins / 24.0)));
    const int size = space_.size(4.0 * front.bandwidth() * bins);
    const int reach = std::min(static_cast<int>(kBandReach * front.bandwidth() * bins), std::min(size, bins) / 2 - 1);
    const int turn = static_cast<int>(std::lround(front.center() * bins));
    const auto floor = static_cast<float>(front.floor()), guard = static_cast<float>(0.003 * front.plateau());
    Complex* in = space_.a.data();
    std::fill(in, in + size, Complex());
    double square = 0.0;
    for (int k = -reach; k <= reach; ++k) {
        const int at = ((k + turn) % bins + bins) % bins;
        const float s = density[at], whole = s + guard, gain = std::max(0.0f, s - floor) / (whole * whole);
        in[k < 0 ? k + size : k] = power[at] * gain;
        square += static_cast<double>(gain) * s * gain * s;
    }
    space_.backward(size, in, space_.c.data());
    lag_step_ = static_cast<double>(bins) / size;
    lags_ = static_cast<int>(kMaxLag * n / lag_step_);
    variance_ = square * bins / n;
    return variance_ > 0.0;
}

/// The highest peaks and those at standard useful times, in samples.
void Ofdm::find_lags(const Front& front, double sample_rate_hz, Lags& lags) noexcept
{
    const int n = front.samples(), first = std::max(2, static_cast<int>(10.0 / front.bandwidth() / lag_step_));
    if (lags_ - first < 16)
        return;
    float* t = space_.u.data();
    for (int k = first - 1; k <= lags_; ++k) {
        const double overlap = std::max(1.0 - k * lag_step_ / n, 0.05);
        t[k - first + 1] = static_cast<float>(std::norm(space_.c[k]) / (variance_ * overlap));
    }
    const int count = lags_ - first + 2;
    flatten(space_, t, count, count / std::clamp(count / 200, 8, 64));
    const double apart = 2.0 / front.bandwidth();
    Best<int, 64> peaks;
    for (int i = 1; i + 1 < count; ++i)
        if (t[i] >= t[i - 1] && t[i] > t[i + 1])
            peaks.offer(t[i], i);
    const auto lag_at = [&](int i) {
        const int k = i + first - 1;
        const double left = std::abs(space_.c[k - 1]), middle = std::abs(space_.c[k]), right = std::abs(space_.c[k + 1]);
        return (k + std::clamp(parabola(left, middle, right), -0.5, 0.5)) * lag_step_;
    };
    for (int p = 0; p < peaks.count && lags.count < 14; ++p) {
        const double lag = lag_at(peaks.items[p]);
        bool is_new = true;
        for (int i = 0; i < lags.count; ++i)
            is_new = is_new && std::fabs(lags.items[i].lag - lag) > apart;
        if (is_new)
            lags.offer(peaks.keys[p], { lag, peaks.keys[p], false });
    }
    for (const double seconds : kStandard) {
        const double lag = seconds * sample_rate_hz, margin = std::max(0.002 * lag, lag_step_) / lag_step_;
        const int low = static_cast<int>(lag / lag_step_ - margin) - first + 1, high = static_cast<int>(lag / lag_step_ + margin + 1) - first + 1;
        if (lag <= 0.0 || low < 1 || high + 1 >= count)
            continue;
        const int top = static_cast<int>(std::max_element(t + low, t + high + 1) - t);
        if (t[top] < 4.0f)
            continue;
        bool is_new = true;
        for (int i = 0; i < lags.count; ++i)
            if (std::fabs(lags.items[i].lag - lag_at(top)) < 0.5 * apart) {
                lags.items[i].is_standard = true;
                is_new = false;
            }
        if (is_new)
            lags.offer(t[top], { lag_at(top), t[top], true });
    }
}

/// The samples in space.b times themselves `useful` samples later, summed over `step` samples each, to space.a.
int Ofdm::product(double useful, int points_per_symbol, int& step) noexcept
{
    const int lag = static_cast<int>(std::lround(useful * ratio_)), length = count_ - lag;
    step = std::max(1, static_cast<int>(useful * ratio_ / points_per_symbol));
    const int points = std::max(0, length / step);
    for (int i = 0; i < points; ++i) {
        float re = 0.0f, im = 0.0f;
        const Complex* y = space_.b.data() + static_cast<std::ptrdiff_t>(i) * step;
        for (int n = 0; n < step; ++n) {
            const Complex now = y[n], later = y[n + lag];
            re += later.real() * now.real() + later.imag() * now.imag();
            im += later.imag() * now.real() - later.real() * now.imag();
        }
        space_.a[i] = Complex(re, im);
    }
    return points;
}

/// Strength of the strongest harmonics of a symbol period in the product's spectrum, and its guard in useful times.
double Ofdm::comb(double useful, double& guard) noexcept
{
    int step = 1;
    const int points = product(useful, kPointsPerSymbol, step);
    if (points < 32)
        return 0.0;
    const int size = space_.size(4.0 * points);
    Complex* z = space_.a.data();
    Complex mean;
    for (int i = 0; i < points; ++i)
        mean += z[i];
    mean /= static_cast<float>(points);
    for (int i = 0; i < points; ++i)
        z[i] -= mean;
    std::fill(z + points, z + size, Complex());
    space_.forward(size, z, space_.c.data());
    const double symbols = points * step / (useful * ratio_);
    const int trials = std::clamp(static_cast<int>(600.0 * symbols / 40.0), 600, 6000);
    double best = 0.0;
    guard = kMinGuard;
    float* power = space_.v.data();
    for (int k = 0; k < size; ++k)
        power[k] = std::norm(space_.c[k]);
    const double noise = quantile(space_, power, size, 0.5) / M_LN2 + 1e-30;
    for (int i = 0; i < trials; ++i) {
        const double tried = kMinGuard + (kMaxGuard - kMinGuard) * i / (trials - 1);
        const double cycles = step / (useful * ratio_ * (1.0 + tried));
        double sum = 0.0;
        for (int h = 1; h <= kHarmonics && h * cycles < 0.5; ++h) {
            const int k = static_cast<int>(std::lround(h * cycles * size));
            const double droop = step > 1 ? sinc(h * cycles) : 1.0;
            const double expected = sinc(h * tried / (1.0 + tried)) / droop; // of a train of pulses as wide as the guard
            sum += expected * expected * (power[k] + power[size - k]);
        }
        if (sum > best) {
            best = sum;
            guard = tried;
        }
    }
    return best / noise;
}

/// |mean of the product within the guards - mean outside|^2 over its variance, at the best position of the guards:
/// exponentially distributed with mean 1, for one position, where there are none.
double Ofdm::contrast(double useful, double guard, int points, int step) noexcept
{
    constexpr int kFold = 64;
    const double period = useful * ratio_ * (1.0 + guard) / step; // points
    const int cells = std::clamp(static_cast<int>(period), 8, kFold);
    std::complex<double> sum[2 * kFold];
    double weight[2 * kFold] = {}, square = 0.0;
    double at = 0.0;
    const double advance = cells / period;
    for (int i = 0; i < points; ++i) {
        const int cell = std::min(static_cast<int>(at), cells - 1);
        sum[cell] += std::complex<double>(space_.a[i]);
        weight[cell] += 1.0;
        square += std::norm(space_.a[i]);
        at += advance;
        if (at >= cells)
            at -= cells;
    }
    std::complex<double> total, inside;
    for (int i = 0; i < cells; ++i) {
        total += sum[i];
        sum[i + cells] = sum[i];
        weight[i + cells] = weight[i];
    }
    const int wide = std::clamp(static_cast<int>(std::lround(cells * guard / (1.0 + guard))), 1, cells - 1);
    double within = 0.0, best = 0.0;
    for (int i = 0; i < cells + wide; ++i) {
        inside += sum[i];
        within += weight[i];
        if (i >= wide) {
            inside -= sum[i - wide];
            within -= weight[i - wide];
        }
        if (i < wide - 1 || within < 1.0 || within > points - 1.0)
            continue;
        const double outside = points - within;
        best = std::max(best, std::norm(inside / within - (total - inside) / outside) * within * outside / points);
    }
    return best / std::max(1e-30, square / points - std::norm(total / static_cast<double>(points)));
}

/// The guard near the comb's with the highest contrast, which is returned.
double Ofdm::refine_guard(double useful, double& guard) noexcept
{
    int step = 1;
    const int points = product(useful, 2 * kPointsPerSymbol, step);
    if (points < 64)
        return 0.0;
    // A step of the guard that moves the last symbol by a point; of few symbols all guards are tried.
    const double symbols = points * step / (useful * ratio_), fine = 0.5 / (2 * kPointsPerSymbol * std::max(1.0, symbols));
    const double reach = symbols < 40.0 ? kMaxGuard : 4.0 * fine;
    const double low = std::max(kMinGuard, guard - reach), high = std::min(kMaxGuard, guard + reach);
    const int trials = std::clamp(static_cast<int>((high - low) / fine) + 1, 1, 1000);
    double best = 0.0;
    for (int i = 0; i < trials; ++i) {
        const double tried = low + (high - low) * i / std::max(1, trials - 1), value = contrast(useful, tried, points, step);
        if (value > best) {
            best = value;
            guard = tried;
        }
    }
    return best;
}

OfdmNumbers Ofdm::measure(const Front& front, double sample_rate_hz) noexcept
{
    OfdmNumbers numbers;
    if (front.plateau() < 1.26 * front.floor() || !autocorrelate(front)) // nothing stands over the floor
        return numbers;
    Lags lags;
    find_lags(front, sample_rate_hz, lags);
    const int first = front.bin(-kBandReach * front.bandwidth()), last = front.bin(kBandReach * front.bandwidth());
    const int size = std::min(space_.size(3.0 * front.bandwidth() * front.bins()), space_.size(front.bins()));
    front.extract(first, last, front.bins() / 2, weight_.data(), size, space_.b.data());
    ratio_ = static_cast<double>(size) / front.bins();
    count_ = front.resampled(size);
    if (!is_gaussian())
        return numbers;
    const double places = std::max(2.0, (kMaxLag * front.samples() - 10.0 / front.bandwidth()) * front.bandwidth());
    Best<Lag, 6> combed;
    for (int i = 0; i < lags.count; ++i) {
        Lag lag = lags.items[i];
        const double strength = comb(lag.lag, lag.guard);
        combed.offer(strength + std::min(lag.strength, 300.0), lag);
    }
    double top = 0.0, strength = 0.0;
    for (int i = 0; i < combed.count; ++i) {
        const Lag& lag = combed.items[i];
        double guard = lag.guard;
        const double contrast = refine_guard(lag.lag, guard);
        const double merit = contrast + 0.5 * std::min(lag.strength, 300.0);
        if (merit <= top)
            continue;
        top = merit;
        strength = lag.strength;
        numbers.useful = lag.lag;
        numbers.guard = guard * lag.lag;
        numbers.contrast = contrast;
        numbers.is_standard = lag.is_standard;
        numbers.score = lag.strength - std::log(lag.is_standard ? 30.0 : places);
    }
    numbers.useful_error = 0.6 / (front.bandwidth() * std::sqrt(std::max(strength, 1.0)));
    const double period = numbers.useful + numbers.guard;
    const double period_error = 0.6 * period * period / (front.samples() * std::sqrt(std::max(numbers.contrast, 1.0)));
    numbers.guard_error = std::hypot(numbers.useful_error, period_error);
    numbers.is_accepted = (numbers.score > 4.0 && numbers.contrast > kContrast) ||
                          numbers.contrast > 1.6 * kContrast;
    return numbers;
}

} // namespace prunedamr::measure
