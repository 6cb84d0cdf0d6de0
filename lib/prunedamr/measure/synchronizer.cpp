// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/synchronizer.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {

/// Leaves the filtered signal in space.b, at six samples per symbol or more.
void Synchronizer::filter(const Front& front, double carrier, int first, int last) noexcept
{
    const int middle = front.bin(carrier);
    const int size = space_.size(std::max(256.0, 6.0 * rate_ * front.bins()));
    front.extract(first, last, middle, filter_.data(), size, space_.b.data());
    middle_ = front.offset(middle);
    ratio_ = static_cast<double>(size) / front.bins();
    rate_ /= ratio_;
    count_ = front.resampled(size);
}

void Synchronizer::match(const Front& front, double rate, double carrier, const PulseShape& pulse) noexcept
{
    rate_ = rate;
    const bool is_matched = pulse.kind == PulseKind::root_raised_cosine;
    const int first = front.bin(carrier - rate), last = front.bin(carrier + rate);
    for (int k = first; k <= last; ++k) {
        const double u = (front.offset(k) - carrier) / rate, power = pulse_power(pulse, u);
        double sum = 1.0;
        if (!is_matched)
            sum = std::max(0.05, power + pulse_power(pulse, u - 1.0) + pulse_power(pulse, u + 1.0));
        filter_[k] = static_cast<float>(std::sqrt(power) / sum);
    }
    filter(front, carrier, first, last);
}

void Synchronizer::fold(const Front& front, double rate, double carrier) noexcept
{
    rate_ = rate;
    const int bins = front.bins();
    float* signal = space_.u.data();
    smooth_circular(front.periodogram(), signal, bins,
                    std::max(5 * bins / front.samples(), static_cast<int>(rate * bins / 24.0)));
    const int first = front.bin(carrier - rate), last = front.bin(carrier + rate);
    for (int k = 0; k < bins; ++k)
        signal[k] = k < first || k > last ? 0.0f : std::max(0.0f, signal[k] - static_cast<float>(front.floor()));
    const int step = static_cast<int>(std::lround(rate * bins));
    float top = 0.0f;
    for (int k = first; k <= last; ++k) {
        float sum = 0.0f;
        for (int alias = -2; alias <= 2; ++alias)
            if (k + alias * step >= first && k + alias * step <= last)
                sum += signal[k + alias * step];
        top = std::max(top, filter_[k] = sum);
    }
    for (int k = first; k <= last; ++k)
        filter_[k] = std::sqrt(signal[k]) / std::max(filter_[k], 0.02f * top + 1e-30f);
    filter(front, carrier, first, last);
}

/// Cubic interpolation between the samples of the filtered signal.
Complex Synchronizer::at(double time) const noexcept
{
    const int i = std::clamp(static_cast<int>(time), 1, count_ - 3);
    const auto a = static_cast<float>(time - i);
    const Complex* y = space_.b.data() + i;
    return y[-1] * (-a * (a - 1) * (a - 2) / 6) + y[0] * ((a + 1) * (a - 1) * (a - 2) / 2) +
           y[1] * (-(a + 1) * a * (a - 2) / 2) + y[2] * ((a + 1) * a * (a - 1) / 6);
}

int Synchronizer::span(double timing, double& start) const noexcept
{
    const double period = 1.0 / rate_;
    const int whole = std::max(0, static_cast<int>((count_ - 4) * rate_ - timing - 1.5));
    const int used = std::min(whole, kMaxSymbols);
    start = (timing + 1 + (whole - used) / 2) * period;
    return used;
}

int Synchronizer::sample(double timing) noexcept
{
    double start = 0.0, power = 0.0;
    const int symbols = span(timing, start);
    for (int i = 0; i < 2 * symbols; ++i) {
        half_[i] = at(start + 0.5 * i / rate_);
        if (i % 2 == 0)
            power += static_cast<double>(std::norm(half_[i]));
    }
    const auto scale = static_cast<float>(1.0 / std::sqrt(std::max(power / std::max(1, symbols), 1e-30)));
    for (int i = 0; i < 2 * symbols; ++i)
        half_[i] *= scale;
    return symbols;
}

void Synchronizer::sample_offset(const RateLine& line, double carrier, Symbols& symbols) noexcept
{
    double start = 0.0, power = 0.0;
    symbols.count = span(line.offset_timing, start);
    const double offset = (carrier - middle_) / ratio_;
    const auto turned = [&](double time) {
        const double turns = offset * time;
        return at(time) * Complex(std::polar(1.0, -line.phase - 2.0 * M_PI * (turns - std::floor(turns))));
    };
    for (int k = 0; k < symbols.count; ++k) {
        const double time = start + k / rate_;
        symbols.re[k] = turned(time).real();
        symbols.im[k] = turned(time + 0.5 / rate_).imag();
        power += static_cast<double>(symbols.re[k]) * symbols.re[k] + static_cast<double>(symbols.im[k]) * symbols.im[k];
    }
    const auto scale = static_cast<float>(1.0 / std::sqrt(std::max(power / std::max(1, symbols.count), 1e-30)));
    for (int k = 0; k < symbols.count; ++k) {
        symbols.re[k] *= scale;
        symbols.im[k] *= scale;
    }
}

} // namespace prunedamr::measure
