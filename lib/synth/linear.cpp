// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/linear.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/synth/edges.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr int kPhases = 64;            // table points per symbol, interpolated between
constexpr int kTaps = 2 * kPulseReach; // symbols that one sample sees

/// p(t) at t = k / kPhases, k = 0..kPulseReach * kPhases; all pulses are even.
using HalfPulse = std::array<double, kPulseReach * kPhases + 1>;

/// cos(step * k) and sin(step * k) for k = 0, 1, ... by turning a phasor.
class Turning
{
public:
    explicit Turning(double step) : step_(std::polar(1.0, step)) {}
    void next()
    {
        now_ = { cos() * step_.real() - sin() * step_.imag(), cos() * step_.imag() + sin() * step_.real() };
    }
    double cos() const { return now_.real(); }
    double sin() const { return now_.imag(); }

private:
    std::complex<double> step_, now_ = 1.0;
};

/// sin(pi t) / (pi t) * cos(pi r t) / (1 - (2 r t)^2).
HalfPulse raised_cosine(double roll_off)
{
    HalfPulse pulse;
    Turning symbol(M_PI / kPhases), edge(M_PI * roll_off / kPhases);
    for (std::size_t k = 0; k < pulse.size(); ++k, symbol.next(), edge.next()) {
        const double t = static_cast<double>(k) / kPhases;
        const double pole = 1.0 - 4.0 * roll_off * roll_off * t * t;
        const double sinc = k == 0 ? 1.0 : symbol.sin() / (M_PI * t);
        pulse[k] = sinc * (std::abs(pole) < 1e-9 ? M_PI / 4 : edge.cos() / pole);
    }
    return pulse;
}

/// [sin(pi t (1 - r)) + 4 r t cos(pi t (1 + r))] / [pi t (1 - (4 r t)^2)].
HalfPulse root_raised_cosine(double roll_off)
{
    HalfPulse pulse;
    Turning low(M_PI * (1.0 - roll_off) / kPhases), high(M_PI * (1.0 + roll_off) / kPhases);
    for (std::size_t k = 0; k < pulse.size(); ++k, low.next(), high.next()) {
        const double t = static_cast<double>(k) / kPhases, scaled = 4.0 * roll_off * t;
        const double pole = 1.0 - scaled * scaled;
        if (k == 0)
            pulse[k] = 1.0 - roll_off + 4.0 * roll_off / M_PI;
        else if (std::abs(pole) < 1e-9) // by l'Hopital's rule, with t = 1 / (4 r)
            pulse[k] = roll_off / std::sqrt(2.0) *
                       ((1.0 + 2.0 / M_PI) * std::sin(M_PI / (4.0 * roll_off)) +
                        (1.0 - 2.0 / M_PI) * std::cos(M_PI / (4.0 * roll_off)));
        else
            pulse[k] = (low.sin() + scaled * high.cos()) / (M_PI * t * pole);
    }
    return pulse;
}

/// A rectangle of one symbol through a Gaussian filter.
HalfPulse gaussian(double bt)
{
    constexpr std::size_t kHalfSymbol = kPhases / 2;
    const double c = M_PI * bt * std::sqrt(2.0 / std::log(2.0));
    std::array<double, kPulseReach * kPhases + 1 + kHalfSymbol> integral; // erf(c u), u = k / kPhases
    for (std::size_t k = 0; k < integral.size(); ++k)
        integral[k] = k > 0 && integral[k - 1] == 1.0 ? 1.0 : std::erf(c * static_cast<double>(k) / kPhases);
    HalfPulse pulse;
    for (std::size_t k = 0; k < pulse.size(); ++k)
        pulse[k] = 0.5 * (integral[k + kHalfSymbol] -
                          (k < kHalfSymbol ? -integral[kHalfSymbol - k] : integral[k - kHalfSymbol]));
    return pulse;
}

/// cos(pi t) over one symbol.
HalfPulse half_sine()
{
    HalfPulse pulse{};
    for (int k = 0; k <= kPhases / 2; ++k)
        pulse[static_cast<std::size_t>(k)] = std::cos(M_PI * k / kPhases);
    return pulse;
}

HalfPulse half_pulse(Pulse pulse, double shape)
{
    switch (pulse) {
    case Pulse::gaussian:
        return gaussian(shape);
    case Pulse::half_sine:
        return half_sine();
    case Pulse::raised_cosine:
        return raised_cosine(shape);
    default:
        return root_raised_cosine(shape);
    }
}

/// Row i holds the taps of a sample that stands i / kPhases of a symbol past one, the oldest symbol's first; each
/// tap twice, for I and for Q. Scaled so that p(0) = 1.
using TapRows = std::array<float, (kPhases + 1) * 2 * kTaps>;

TapRows tap_rows(const HalfPulse& pulse)
{
    TapRows rows;
    for (int phase = 0; phase <= kPhases; ++phase)
        for (int j = 0; j < kTaps; ++j) {
            const int k = std::abs((kTaps - 1 - j - kPulseReach) * kPhases + phase);
            float* tap = &rows[(phase * kTaps + j) * 2];
            tap[0] = tap[1] = static_cast<float>(pulse[k] / pulse[0]);
        }
    return rows;
}

/// out[n] for symbols `padded` by kTaps zeros on either side, all times `delay` symbols later.
PRUNEDAMR_VECTOR_CLONES
void shape(const Samples& padded, const TapRows& rows, const LinearConfig& config, double delay, Samples& out)
{
    constexpr int kLanes = 8, kVectors = 2 * kTaps / kLanes;
    const int last = static_cast<int>(padded.size()) - kTaps;
    const double rate = 1.0 / config.samples_per_symbol;
    const double start = kTaps - kPulseReach + 1 - config.first_instant * rate - delay;
    const auto* symbols = reinterpret_cast<const float*>(padded.data());
    const int count = static_cast<int>(out.size());
    for (int n = 0; n < count; ++n) {
        const double t = std::min(std::max(start + n * rate, 0.0), static_cast<double>(last));
        const int whole = static_cast<int>(t);
        const double position = (t - whole) * kPhases;
        const int phase = static_cast<int>(position);
        const auto weight = static_cast<float>(position - phase);
        const float* x = symbols + 2 * whole;
        const float* low = rows.data() + phase * 2 * kTaps;
        const float* high = low + 2 * kTaps;
        Float8 sum{};
        for (int j = 0; j < kVectors * kLanes; j += kLanes) {
            const Float8 a = *reinterpret_cast<const Float8*>(low + j);
            const Float8 b = *reinterpret_cast<const Float8*>(high + j);
            sum += (a + weight * (b - a)) * *reinterpret_cast<const Float8*>(x + j);
        }
        out[n] = fold(sum);
    }
}

Samples modulate_rectangular(const Samples& symbols, const LinearConfig& config, int count)
{
    const double half = config.samples_per_symbol / 2;
    std::vector<Run> runs;
    runs.reserve(2 * symbols.size());
    float q = 0.0f;
    for (const auto& symbol : symbols) {
        if (config.offset)
            runs.push_back({ { symbol.real(), q }, half });
        runs.push_back({ symbol, config.offset ? half : 2 * half });
        q = symbol.imag();
    }
    return render_runs(runs, config.first_instant - half, count);
}

} // namespace

double linear_bandwidth(Pulse pulse, double shape)
{
    if (pulse == Pulse::rectangular)
        return 2.0;
    return pulse == Pulse::half_sine ? 1.5 : 1.0 + shape;
}

Samples modulate_linear(const Samples& symbols, const LinearConfig& config, int count)
{
    if (config.pulse == Pulse::rectangular)
        return modulate_rectangular(symbols, config, count);
    const TapRows rows = tap_rows(half_pulse(config.pulse, config.shape));
    Samples padded(symbols.size() + 2 * kTaps);
    std::copy(symbols.begin(), symbols.end(), padded.begin() + kTaps);
    Samples out(static_cast<std::size_t>(count));
    shape(padded, rows, config, 0.0, out);
    if (config.offset) {
        Samples late(out.size());
        shape(padded, rows, config, 0.5, late);
        for (std::size_t n = 0; n < out.size(); ++n)
            out[n].imag(late[n].imag());
    }
    return out;
}

} // namespace prunedamr::synth
