// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/linear.h"

#include "prunedamr/synth/edges.h"

#include <algorithm>
#include <cmath>
#include <liquid/liquid.h>

namespace prunedamr::synth {
namespace {

constexpr int kPhases = 64; // table points per symbol, interpolated between

double gaussian_pulse(double t, double bt)
{
    const double c = M_PI * bt * std::sqrt(2.0 / std::log(2.0));
    return 0.5 * (std::erf(c * (t + 0.5)) - std::erf(c * (t - 0.5)));
}

/// p(t) for t = -kPulseReach..kPulseReach symbols in steps of 1 / kPhases, p(0) = 1.
std::vector<float> pulse_table(Pulse pulse, double shape)
{
    std::vector<float> table(2 * kPulseReach * kPhases + 1);
    if (pulse == Pulse::gaussian) {
        for (std::size_t i = 0; i < table.size(); ++i)
            table[i] = static_cast<float>(gaussian_pulse(static_cast<double>(i) / kPhases - kPulseReach, shape));
    } else if (pulse == Pulse::half_sine) {
        for (int i = -kPhases / 2; i <= kPhases / 2; ++i)
            table[kPulseReach * kPhases + i] = static_cast<float>(std::cos(M_PI * i / kPhases));
    } else {
        const auto type = pulse == Pulse::raised_cosine ? LIQUID_FIRFILT_RCOS : LIQUID_FIRFILT_RRC;
        liquid_firdes_prototype(type, kPhases, kPulseReach, static_cast<float>(shape), 0.0f, table.data());
    }
    const float peak = table[kPulseReach * kPhases];
    for (auto& value : table)
        value /= peak;
    return table;
}

/// The table as rows of the taps that one sample needs, by its phase between two symbols.
std::vector<float> tap_rows(const std::vector<float>& table)
{
    constexpr int kTaps = 2 * kPulseReach;
    std::vector<float> rows((kPhases + 1) * kTaps);
    for (int phase = 0; phase <= kPhases; ++phase)
        for (int j = 0; j < kTaps; ++j)
            rows[phase * kTaps + j] = table[(kTaps - 1 - j) * kPhases + phase];
    return rows;
}

/// One rail (I or Q), delayed by `delay` symbols.
template <float (*kRail)(const std::complex<float>&)>
void shape_rail(const Samples& symbols, const std::vector<float>& rows, const LinearConfig& config, double delay,
                std::vector<float>& out)
{
    constexpr int kTaps = 2 * kPulseReach;
    const int count = static_cast<int>(symbols.size());
    std::vector<float> rail(symbols.size() + 2 * kTaps, 0.0f); // zeros where no symbols are
    for (int i = 0; i < count; ++i)
        rail[kTaps + i] = kRail(symbols[i]);
    for (std::size_t n = 0; n < out.size(); ++n) {
        const double t = (static_cast<double>(n) - config.first_instant) / config.samples_per_symbol - delay;
        const double whole = std::floor(t);
        const double position = (t - whole) * kPhases;
        const int phase = std::min(static_cast<int>(position), kPhases - 1);
        const auto weight = static_cast<float>(position - phase);
        const int first = std::clamp(static_cast<int>(whole) - kPulseReach + 1 + kTaps, 0, count + kTaps);
        const float* a = rail.data() + first;
        const float* low = rows.data() + phase * kTaps;
        const float* high = low + kTaps;
        float sum_low = 0.0f, sum_high = 0.0f;
        for (int j = 0; j < kTaps; ++j) {
            sum_low += a[j] * low[j];
            sum_high += a[j] * high[j];
        }
        out[n] = sum_low + weight * (sum_high - sum_low);
    }
}

float real_part(const std::complex<float>& x)
{
    return x.real();
}
float imag_part(const std::complex<float>& x)
{
    return x.imag();
}

Samples modulate_rectangular(const Samples& symbols, const LinearConfig& config, int count)
{
    const double half = config.samples_per_symbol / 2;
    std::vector<Run> runs;
    float q = 0.0f;
    for (const auto& symbol : symbols) {
        runs.push_back({ { symbol.real(), config.offset ? q : symbol.imag() }, half });
        runs.push_back({ symbol, half });
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
    const auto rows = tap_rows(pulse_table(config.pulse, config.shape));
    std::vector<float> i_rail(static_cast<std::size_t>(count)), q_rail(static_cast<std::size_t>(count));
    shape_rail<real_part>(symbols, rows, config, 0.0, i_rail);
    shape_rail<imag_part>(symbols, rows, config, config.offset ? 0.5 : 0.0, q_rail);
    Samples out(static_cast<std::size_t>(count));
    for (std::size_t n = 0; n < out.size(); ++n)
        out[n] = { i_rail[n], q_rail[n] };
    return out;
}

} // namespace prunedamr::synth
