// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"

#include "prunedamr/base/vector_clones.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace prunedamr::synth {
namespace {

constexpr int kLog2Phases = 6;
constexpr int kPhases = 1 << kLog2Phases; // table points per symbol, interpolated between
constexpr int kTaps = 2 * kPulseReach;    // symbols that one sample sees

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

constexpr int kRow = 2 * kTaps; // floats: each tap twice, for I and for Q

/// The taps of a sample that stands i / kPhases of a symbol past one, the oldest symbol's first, and what they rise
/// by until i + 1. Scaled so that p(0) = 1.
struct TapRows {
    std::array<float, kPhases * kRow> taps, rises;
};

TapRows make_rows(const HalfPulse& pulse)
{
    const auto tap = [&](int phase, int j) {
        return pulse[static_cast<std::size_t>(std::abs((kTaps - 1 - j - kPulseReach) * kPhases + phase))] /
               pulse[0];
    };
    TapRows rows;
    for (int phase = 0; phase < kPhases; ++phase)
        for (int j = 0; j < kTaps; ++j) {
            const auto at = static_cast<std::size_t>((phase * kTaps + j) * 2);
            rows.taps[at] = rows.taps[at + 1] = static_cast<float>(tap(phase, j));
            rows.rises[at] = rows.rises[at + 1] = static_cast<float>(tap(phase + 1, j) - tap(phase, j));
        }
    return rows;
}

/// out[n] for symbols `padded` by kTaps zeros on either side, all times `delay` symbols later. Times are kept in
/// units of 2^-32 symbols.
PRUNEDAMR_VECTOR_CLONES
void shape(const Samples& padded, const TapRows& rows, const LinearConfig& config, double delay, Samples& out)
{
    constexpr int kFraction = 32, kWeight = kFraction - kLog2Phases;
    constexpr double kUnit = 4294967296.0;
    const double rate = 1.0 / config.samples_per_symbol;
    const auto step = static_cast<std::int64_t>(std::llround(rate * kUnit));
    auto time = static_cast<std::int64_t>(
        std::llround((kTaps - kPulseReach + 1 - config.first_instant * rate - delay) * kUnit));
    const auto end = static_cast<std::int64_t>(padded.size() - kTaps) << kFraction;
    const auto* symbols = reinterpret_cast<const float*>(padded.data());
    for (auto& sample : out) {
        const std::int64_t now = std::min(std::max<std::int64_t>(time, 0), end);
        const float* x = symbols + 2 * (now >> kFraction);
        const std::ptrdiff_t row = (now >> kWeight & (kPhases - 1)) * kRow;
        const float weight = 0x1p-26f * static_cast<float>(static_cast<std::int32_t>(now & ((1 << kWeight) - 1)));
        const float* taps = rows.taps.data() + row;
        const float* rises = rows.rises.data() + row;
        Float8 sum{};
        for (int j = 0; j < kRow; j += 8)
            sum += (*reinterpret_cast<const Float8*>(taps + j) +
                    weight * *reinterpret_cast<const Float8*>(rises + j)) *
                   *reinterpret_cast<const Float8*>(x + j);
        sample = fold(halve(sum));
        time += step;
    }
}

Samples modulate_rectangular(const Samples& symbols, const LinearConfig& config, int count)
{
    const double half = config.samples_per_symbol / 2;
    std::vector<LevelRun> runs;
    runs.reserve((config.offset ? 2 : 1) * symbols.size());
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
    const TapRows rows = make_rows(half_pulse(config.pulse, config.shape));
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
