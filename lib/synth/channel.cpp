// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/channel.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr int kStride = 16; // samples over which the oscillator's frequency is held

std::complex<double> turn(double cycles)
{
    return std::polar(1.0, 2.0 * M_PI * cycles);
}

/// Plain product: the library's handles infinities, which costs four times as much and cannot occur here.
std::complex<float> product(std::complex<float> a, std::complex<float> b)
{
    return { a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real() };
}

} // namespace

double rms(const Samples& samples)
{
    double power = 0.0;
    for (const auto& x : samples)
        power += static_cast<double>(x.real() * x.real() + x.imag() * x.imag());
    return std::sqrt(power / static_cast<double>(samples.size()));
}

void normalise_power(Samples& samples)
{
    double power = 0.0;
    for (const auto& x : samples)
        power += std::norm(x);
    if (power <= 0.0)
        return;
    const auto scale = static_cast<float>(std::sqrt(static_cast<double>(samples.size()) / power));
    for (auto& x : samples)
        x *= scale;
}

void gate_burst(Samples& samples, int begin, int end, int ramp)
{
    const int count = static_cast<int>(samples.size());
    for (int n = 0; n < count; ++n) {
        const int inside = std::min(n - begin, end - 1 - n);
        if (inside < 0)
            samples[n] = 0.0f;
        else if (inside < ramp)
            samples[n] *= static_cast<float>(0.5 - 0.5 * std::cos(M_PI * (inside + 0.5) / ramp));
    }
}

void fade(Samples& samples, double depth, double doppler, double phase)
{
    const std::complex<double> step = turn(doppler);
    std::complex<double> ray = depth * std::polar(1.0, phase);
    for (auto& x : samples) {
        x = product(x, { static_cast<float>(1.0 + ray.real()), static_cast<float>(ray.imag()) });
        ray = { ray.real() * step.real() - ray.imag() * step.imag(),
                ray.real() * step.imag() + ray.imag() * step.real() };
    }
}

void add_echo(Samples& samples, int delay, std::complex<float> amplitude)
{
    for (auto n = static_cast<std::ptrdiff_t>(samples.size()) - 1; n >= delay; --n)
        samples[n] += product(amplitude, samples[n - delay]);
}

void drift_clock(Samples& samples, double drift)
{
    const auto count = static_cast<std::ptrdiff_t>(samples.size());
    const Samples in = samples;
    const double duration = static_cast<double>(count);
    for (std::ptrdiff_t n = 0; n < count; ++n) {
        const double t = static_cast<double>(n);
        const double warped = t + 0.5 * drift * t * (t / duration - 1.0);
        const auto whole = std::clamp(static_cast<std::ptrdiff_t>(warped), std::ptrdiff_t{ 1 }, count - 3);
        const auto x = static_cast<float>(warped - static_cast<double>(whole));
        const std::complex<float>* at = in.data() + whole;
        const float a = -x * (x - 1) * (x - 2) / 6, b = (x + 1) * (x - 1) * (x - 2) / 2;
        const float c = -(x + 1) * x * (x - 2) / 2, d = (x + 1) * x * (x - 1) / 6;
        samples[static_cast<std::size_t>(n)] = a * at[-1] + b * at[0] + c * at[1] + d * at[2];
    }
}

void mix(Samples& samples, const Carrier& carrier, Rng& rng)
{
    const auto count = static_cast<std::ptrdiff_t>(samples.size());
    const double jitter = std::sqrt(2.0 * M_PI * carrier.line_width * kStride) / (2.0 * M_PI * kStride);
    double cycles = carrier.phase / (2.0 * M_PI);
    for (std::ptrdiff_t first = 0; first < count; first += kStride) {
        const double share = static_cast<double>(first) / static_cast<double>(count);
        double frequency = carrier.offset + carrier.drift * (share - 0.5);
        if (carrier.line_width > 0.0)
            frequency += jitter * rng.normal();
        std::complex<float> phasor(turn(cycles));
        const std::complex<float> step(turn(frequency));
        for (std::ptrdiff_t n = first; n < std::min(first + kStride, count); ++n) {
            samples[n] = product(samples[n], phasor);
            phasor = product(phasor, step);
        }
        cycles += frequency * kStride;
        cycles -= std::floor(cycles);
    }
}

} // namespace prunedamr::synth
