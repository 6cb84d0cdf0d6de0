// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/synchronizer.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr PulseShape kShapes[] = {
    { PulseKind::root_raised_cosine, 0.10 }, { PulseKind::root_raised_cosine, 0.15 }, { PulseKind::root_raised_cosine, 0.20 },
    { PulseKind::root_raised_cosine, 0.25 }, { PulseKind::root_raised_cosine, 0.30 }, { PulseKind::root_raised_cosine, 0.35 },
    { PulseKind::root_raised_cosine, 0.40 }, { PulseKind::root_raised_cosine, 0.50 }, { PulseKind::root_raised_cosine, 0.60 },
    { PulseKind::root_raised_cosine, 0.80 }, { PulseKind::rectangular, 0.0 },         { PulseKind::half_sine, 0.0 },
    { PulseKind::gaussian, 0.3 },            { PulseKind::gaussian, 0.5 },
};
constexpr double kNoise[] = { 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3 }; // over the plateau
constexpr double kPulseReach = 0.8;                                    // of the spectrum looked at, in symbol rates
constexpr int kCells = 128;                                       // that this part is averaged to
constexpr int kShifts = 41;
constexpr double kMaxShift = 0.1; // symbol rates

} // namespace

double pulse_power(const PulseShape& pulse, double f) noexcept
{
    const double u = std::fabs(f);
    if (u >= 1.5)
        return 0.0;
    switch (pulse.kind) {
    case PulseKind::root_raised_cosine: {
        const double low = 0.5 * (1.0 - pulse.parameter), high = 0.5 * (1.0 + pulse.parameter);
        return u <= low ? 1.0 : u >= high ? 0.0 : 0.5 + 0.5 * std::cos(M_PI * (u - low) / pulse.parameter);
    }
    case PulseKind::rectangular: return sinc(u) * sinc(u);
    case PulseKind::half_sine: {
        const double d = 1.0 - 4.0 * u * u, h = std::fabs(d) < 1e-6 ? M_PI / 4.0 : std::cos(M_PI * u) / d;
        return h * h;
    }
    case PulseKind::gaussian: {
        const double s = std::sqrt(M_LN2) / pulse.parameter;
        return sinc(u) * sinc(u) * std::exp(-u * u * s * s);
    }
    }
    return 0.0;
}

PulseFit fit_pulse(Workspace& space, const Front& front, double rate, double near) noexcept
{
    PulseFit fit;
    fit.carrier = near;
    // The periodogram, without what stands out of it (a carrier), in cells around `near`.
    const int inner = front.bin(near - 0.3 * rate), inner_end = front.bin(near + 0.3 * rate) + 1;
    const float limit = 6.0f * quantile(space, front.periodogram() + inner, inner_end - inner, 0.5);
    const double reach = std::min(kPulseReach * rate, 0.49);
    double power[kCells] = {}, weight[kCells] = {}, place[kCells];
    for (int cell = 0; cell < kCells; ++cell)
        place[cell] = (2.0 * (cell + 0.5) / kCells - 1.0) * reach / rate;
    for (int k = front.bin(near - reach); k <= front.bin(near + reach); ++k) {
        const int cell = std::clamp(static_cast<int>((front.offset(k) - near + reach) / (2.0 * reach) * kCells), 0, kCells - 1);
        power[cell] += std::min(front.periodogram()[k], limit);
        weight[cell] += 1.0;
    }
    double total = 0.0, best = -1e30;
    for (int cell = 0; cell < kCells; ++cell)
        total += weight[cell];
    for (const PulseShape& shape : kShapes)
        for (const double noise : kNoise) {
            double logs = 0.0, amplitude = 0.0;
            for (int cell = 0; cell < kCells; ++cell) {
                const double model = pulse_power(shape, place[cell]) + noise;
                logs += weight[cell] * std::log(model);
                amplitude += power[cell] / model;
            }
            const double likelihood = -logs - total * std::log(std::max(amplitude / total, 1e-30));
            if (likelihood > best) {
                best = likelihood;
                fit.shape = shape;
            }
        }
    // The shift at which the model overlaps most with the spectrum, its plateau cut flat.
    double level[kCells], sorted[kCells];
    int cells = 0;
    for (int cell = 0; cell < kCells; ++cell) {
        level[cell] = power[cell] / std::max(1.0, weight[cell]);
        if (std::fabs(place[cell]) < 0.4)
            sorted[cells++] = level[cell];
    }
    std::nth_element(sorted, sorted + cells / 2, sorted + cells);
    double overlap[kShifts];
    int top = 0;
    for (int i = 0; i < kShifts; ++i) {
        const double shift = kMaxShift * (2.0 * i / (kShifts - 1) - 1.0);
        overlap[i] = 0.0;
        for (int cell = 0; cell < kCells; ++cell)
            overlap[i] += std::min(level[cell], 1.5 * sorted[cells / 2]) * pulse_power(fit.shape, place[cell] - shift);
        if (overlap[i] > overlap[top])
            top = i;
    }
    double at = top;
    if (top > 0 && top < kShifts - 1)
        at += parabola(overlap[top - 1], overlap[top], overlap[top + 1]);
    fit.carrier = near + kMaxShift * (2.0 * at / (kShifts - 1) - 1.0) * rate;
    return fit;
}

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
