// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/analog.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr double kFlat = 0.68, kEdge = 0.1; // half of the rough band, and what it falls off over

} // namespace

/// Low-passes g[count_] to the width that holds 97 % of its power over the noise, which is flat for an amplitude and
/// grows as f^2 for a frequency.
Analog::Audio Analog::audio(float* g, bool is_frequency, double known_floor) noexcept
{
    const int size = space_.size(count_);
    double mean = 0.0;
    for (int n = 0; n < count_; ++n)
        mean += g[n];
    mean /= count_;
    for (int n = 0; n < count_; ++n)
        space_.a[n] = g[n] - static_cast<float>(mean);
    std::fill(space_.a.begin() + count_, space_.a.begin() + size, Complex());
    space_.forward(size, space_.a.data(), space_.c.data());
    const int top = std::min(static_cast<int>(0.62 * band_ * size), size / 2 - 1);
    const int quiet = static_cast<int>(0.45 * band_ * size), quiet_end = std::min(static_cast<int>(0.6 * band_ * size), top);
    float* power = space_.u.data();
    float* smooth = space_.v.data();
    const auto shape = [&](int k) { return is_frequency ? static_cast<float>(k) * k / (static_cast<float>(size) * size) : 1.0f; };
    for (int k = 0; k < size; ++k)
        power[k] = std::norm(space_.c[k]);
    float floor = 0.0f;
    if (quiet_end > quiet + 8) {
        for (int k = quiet; k < quiet_end; ++k)
            smooth[k - quiet] = power[k] / shape(k);
        floor = quantile(space_, smooth, quiet_end - quiet, 0.5) / static_cast<float>(M_LN2);
    }
    if (known_floor > 0.0) // the audio itself may reach into the quiet part
        floor = std::min(floor, static_cast<float>(known_floor));
    smooth_circular(power, smooth, size, 9);
    double total = 0.0, part = 0.0;
    for (int k = 3; k < top; ++k)
        total += smooth[k] = std::max(0.0f, smooth[k] - 1.5f * floor * shape(k));
    Audio audio;
    for (int k = 3; k < top && part < 0.97 * total; ++k) {
        part += smooth[k];
        audio.width = static_cast<double>(k) / size;
    }
    const int cut = static_cast<int>((1.15 * audio.width + 3.0 / count_) * size);
    for (int k = cut + 1; k < size - cut; ++k)
        space_.c[k] = 0.0f;
    space_.backward(size, space_.c.data(), space_.a.data());
    double square = 0.0;
    for (int n = 0; n < count_; ++n) {
        g[n] = space_.a[n].real() / static_cast<float>(size);
        square += static_cast<double>(g[n]) * g[n];
    }
    audio.deviation = std::sqrt(square / count_);
    return audio;
}

AnalogNumbers Analog::measure(const Front& front) noexcept
{
    AnalogNumbers numbers;
    const double flat = kFlat * front.bandwidth(), edge = kEdge * front.bandwidth();
    const int first = front.bin(-flat - edge), last = front.bin(flat + edge), bins = front.bins();
    double total = 0.0, inside = 0.0;
    int top = first;
    for (int k = first; k <= last; ++k) {
        mask_[k] = static_cast<float>(std::clamp((flat + edge - std::fabs(front.offset(k))) / edge, 0.0, 1.0));
        total += front.periodogram()[k] * mask_[k] * mask_[k];
        inside += mask_[k] * mask_[k];
        if (front.periodogram()[k] > front.periodogram()[top])
            top = k;
    }
    const double noise = front.floor() * inside;
    const double signal = std::max(total - noise, 1e-9 * total);

    const int size = space_.size(4.0 * front.bandwidth() * bins);
    front.extract(first, last, bins / 2, mask_.data(), size, space_.b.data());
    ratio_ = static_cast<double>(size) / bins;
    band_ = front.bandwidth() / ratio_;
    count_ = front.resampled(size);
    const Complex* y = space_.b.data();
    float* envelope = space_.w.data();
    double mean = 0.0, square = 0.0;
    for (int n = 0; n < count_; ++n) {
        envelope[n] = std::sqrt(std::norm(y[n]));
        mean += envelope[n];
        square += static_cast<double>(envelope[n]) * envelope[n];
    }
    mean /= count_;
    numbers.envelope_variation = std::sqrt(std::max(0.0, square / count_ / (mean * mean) - 1.0));
    const double line_frequency = refine_line(y, count_, front.offset(top) / ratio_);
    const double line = std::norm(line_at(y, count_, line_frequency)) / (static_cast<double>(count_) * count_) * bins; // as the sums
    numbers.carrier_share = std::clamp(line / signal, 0.0, 1.0);
    const double snr = signal / std::max(noise, 1e-9 * signal);

    // In phase and in quadrature with the carrier, whose phase is that of a moving mean.
    double in_phase = 0.0, quadrature = 0.0, level = 0.0;
    if (numbers.carrier_share > 0.3) {
        const int length = std::min(count_, static_cast<int>(40.0 / band_)) | 1;
        Complex* turned = space_.a.data();
        for (int n = 0; n < count_; ++n) {
            const double turns = line_frequency * n;
            turned[n] = y[n] * Complex(std::polar(1.0, -2.0 * M_PI * (turns - std::floor(turns))));
        }
        std::complex<double> sum;
        for (int n = 0; n < std::min(length / 2, count_); ++n)
            sum += std::complex<double>(turned[n]);
        float* part = space_.w.data();
        for (int n = 0; n < count_; ++n) {
            if (n + length / 2 < count_)
                sum += std::complex<double>(turned[n + length / 2]);
            if (n - length / 2 - 1 >= 0)
                sum -= std::complex<double>(turned[n - length / 2 - 1]);
            const auto aligned = std::complex<double>(turned[n]) * std::conj(sum) / std::max(std::sqrt(std::norm(sum)), 1e-30);
            part[n] = static_cast<float>(aligned.real());
            level += aligned.real();
            in_phase += aligned.real() * aligned.real();
            quadrature += aligned.imag() * aligned.imag();
        }
        level /= count_;
        in_phase = in_phase / count_ - level * level - 0.5 * noise / bins;
        quadrature = quadrature / count_ - 0.5 * noise / bins;
    }
    const double sideband = signal - line;
    const double noise_error = noise / std::sqrt(inside * front.samples() / bins);
    if (numbers.carrier_share > 0.5 && line > 10.0 * noise_error &&
        sideband < std::max({ 3.0 * noise_error, 0.1 * noise, 0.003 * signal })) {
        numbers.kind = AnalogKind::carrier;
        numbers.carrier = line_frequency * ratio_;
        numbers.carrier_error = 0.39 * ratio_ / (count_ * std::sqrt(std::max(1.0, snr * count_)));
        return numbers;
    }
    if (numbers.carrier_share > 0.3 && in_phase > 3.0 * std::max(quadrature, 0.0)) {
        const Audio found = audio(space_.w.data(), false, 0.5 * count_ * ratio_ * front.floor());
        const double part_of_noise = front.floor() * (1.15 * found.width + 3.0 / count_) * ratio_;
        numbers.depth_rms = std::sqrt(std::max(0.0, found.deviation * found.deviation - part_of_noise)) / level;
        numbers.depth_error = std::max(0.03 * numbers.depth_rms, part_of_noise / (level * level) / std::max(numbers.depth_rms, 1e-3) / 4.0);
        numbers.audio_width = found.width * ratio_;
        numbers.carrier = line_frequency * ratio_;
        numbers.carrier_error = 0.39 * ratio_ / (count_ * std::sqrt(std::max(1.0, snr * count_)));
        if (numbers.depth_rms > 0.02)
            numbers.kind = AnalogKind::am;
        return numbers;
    }
    if (numbers.carrier_share > 0.3 && quadrature < std::max(in_phase, 0.0))
        return numbers;
    // FM: a steady envelope. Noise alone lets it vary by 1 / sqrt(2 snr).
    if (numbers.envelope_variation > std::max(0.15, 1.5 * std::sqrt(0.5 / snr)) || numbers.envelope_variation > 0.4)
        return numbers;
    float* f = space_.w.data();
    phase_steps(y, count_ - 1, f);
    f[count_ - 1] = f[count_ - 2];
    const float middle = quantile(space_, f, count_, 0.5), limit = static_cast<float>(0.8 * band_);
    double center = 0.0;
    for (int n = 0; n < count_; ++n)
        center += f[n] = std::clamp(f[n], middle - limit, middle + limit);
    const Audio found = audio(f, true, 0.0);
    numbers.deviation = 0.5 * (quantile(space_, f, count_, 0.997) - quantile(space_, f, count_, 0.003)) * ratio_;
    numbers.deviation_error = numbers.deviation * std::max(0.02, 0.3 / std::sqrt(snr));
    numbers.audio_width = found.width * ratio_;
    numbers.carrier = center / count_ * ratio_;
    numbers.carrier_error = found.deviation * ratio_ / std::sqrt(std::max(1.0, count_ * found.width));
    if (numbers.deviation > 0.02 * front.bandwidth())
        numbers.kind = AnalogKind::fm;
    return numbers;
}

} // namespace prunedamr::measure
