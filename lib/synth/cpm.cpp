// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/cpm.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr int kReach = 2; // symbols that the frequency pulse reaches on either side of its symbol's middle
constexpr int kPhases = 128;

/// Phase pulse q(t): 0 before, 1 after, t = -kReach..kReach symbols from the middle of the symbol.
std::vector<double> phase_pulse(double bt)
{
    std::vector<double> q(2 * kReach * kPhases + 2);
    const double c = M_PI * bt * std::sqrt(2.0 / std::log(2.0));
    // Integral of the Gaussian-filtered rectangle: u erf(cu) + exp(-(cu)^2) / (c sqrt(pi)), taken at both its
    // edges.
    const auto primitive = [c](double u) {
        return 0.5 * (u * std::erf(c * u) + std::exp(-c * c * u * u) / (c * std::sqrt(M_PI)));
    };
    for (std::size_t i = 0; i < q.size(); ++i) {
        const double t = static_cast<double>(i) / kPhases - kReach;
        q[i] = bt > 0.0 ? 0.5 + primitive(t + 0.5) - primitive(t - 0.5) : std::clamp(t + 0.5, 0.0, 1.0);
        if (bt > 0.0)
            q[i] = std::clamp(q[i], 0.0, 1.0);
    }
    return q;
}

} // namespace

double cpm_bandwidth(double modulation_index, int tones)
{
    return (tones - 1) * modulation_index + 1.0;
}

std::vector<float> to_levels(const Symbols& symbols, int tones)
{
    std::vector<float> levels(symbols.size());
    for (std::size_t i = 0; i < levels.size(); ++i)
        levels[i] = static_cast<float>(2 * symbols[i] + 1 - tones);
    return levels;
}

Samples modulate_cpm(const std::vector<float>& levels, const CpmConfig& config, int count)
{
    const auto q = phase_pulse(config.bt);
    const int symbols = static_cast<int>(levels.size());
    const auto level = [&](int k) { return k < 0 || k >= symbols ? 0.0 : static_cast<double>(levels[k]); };
    Samples out(static_cast<std::size_t>(count));
    int past = 0;        // symbols below this index have had their whole effect
    double turned = 0.0; // by them, in units of pi h
    for (int n = 0; n < count; ++n) {
        const double t = (n - config.first_symbol) / config.samples_per_symbol - 0.5; // 0 at the middle of symbol 0
        const int begin = static_cast<int>(std::floor(t)) - kReach + 1;
        for (; past < begin; ++past)
            turned = std::fmod(turned + level(past), 2.0 / config.modulation_index);
        double phase = turned;
        for (int k = std::max(begin, past); k < begin + 2 * kReach; ++k) {
            const double position = std::max(0.0, (t - k + kReach) * kPhases);
            const int index = std::min(static_cast<int>(position), 2 * kReach * kPhases);
            phase += level(k) * (q[index] + (position - index) * (q[index + 1] - q[index]));
        }
        out[n] = std::polar(1.0f, static_cast<float>(M_PI * config.modulation_index * phase));
    }
    return out;
}

} // namespace prunedamr::synth
