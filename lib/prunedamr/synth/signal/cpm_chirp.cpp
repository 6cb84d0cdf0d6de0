// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/synth/signal/phasor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace prunedamr::synth {
namespace {

constexpr int kCpmReach = 2; // symbols that the frequency pulse reaches on either side of its symbol's middle
constexpr int kCpmLog2Phases = 7;
constexpr int kCpmPhases = 1 << kCpmLog2Phases;
constexpr int kSeen = 2 * kCpmReach; // symbols that move the phase at one time

/// x erf(x) + exp(-x^2) / sqrt(pi), the integral of erf, from a table: error below 3e-6.
double integral_of_erf(double x)
{
    constexpr double kEnd = 4.0; // from here on it is x
    constexpr int kPerUnit = 256;
    static const auto table = [] {
        std::array<double, static_cast<int>(kEnd) * kPerUnit + 2> values;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double at = static_cast<double>(i) / kPerUnit;
            values[i] = at * std::erf(at) + std::exp(-at * at) / std::sqrt(M_PI);
        }
        return values;
    }();
    x = std::abs(x);
    if (x >= kEnd)
        return x;
    const auto index = static_cast<std::size_t>(x * kPerUnit);
    return table[index] + (x * kPerUnit - static_cast<double>(index)) * (table[index + 1] - table[index]);
}

/// Phase pulse q(t): 0 before, 1 after, t = -kCpmReach..kCpmReach symbols from the middle of the symbol.
std::array<float, kSeen * kCpmPhases + 1> phase_pulse(double bt)
{
    std::array<float, kSeen * kCpmPhases + 1> q;
    const double c = M_PI * bt * std::sqrt(2.0 / std::log(2.0));
    for (std::size_t i = 0; i < q.size(); ++i) {
        const double t = static_cast<double>(i) / kCpmPhases - kCpmReach;
        // Integral of the Gaussian-filtered rectangle, taken at both its edges.
        const double turned =
            bt > 0.0 ? 0.5 + (integral_of_erf(c * (t + 0.5)) - integral_of_erf(c * (t - 0.5))) / (2.0 * c)
                     : t + 0.5;
        q[i] = static_cast<float>(std::clamp(turned, 0.0, 1.0));
    }
    return q;
}

/// Row i: what the symbols that move the phase, the oldest first, have turned it by i / kCpmPhases after the youngest
/// one began to, in turns per level.
using CpmRows = std::array<float, kSeen*(kCpmPhases + 1)>;

CpmRows make_cpm_rows(const CpmConfig& config)
{
    const auto pulse = phase_pulse(config.bt);
    CpmRows rows;
    for (int i = 0; i <= kCpmPhases; ++i)
        for (int j = 0; j < kSeen; ++j)
            rows[static_cast<std::size_t>(i * kSeen + j)] =
                static_cast<float>(0.5 * config.modulation_index) *
                pulse[static_cast<std::size_t>((kSeen - 1 - j) * kCpmPhases + i)];
    return rows;
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

/// Times are kept in units of 2^-32 symbols, 0 in the middle of symbol 0.
namespace {

PRUNEDAMR_VECTOR_CLONES
Samples modulate_cpm_loop(const std::vector<float>& levels, const CpmConfig& config, int count)
{
    constexpr int kFraction = 32, kWeight = kFraction - kCpmLog2Phases;
    constexpr double kUnit = 4294967296.0;
    const CpmRows rows = make_cpm_rows(config);
    const auto symbols = static_cast<std::int64_t>(levels.size());
    std::vector<float> padded(levels.size() + 2 * kSeen); // by symbols that leave the phase alone
    std::copy(levels.begin(), levels.end(), padded.begin() + kSeen);
    std::vector<float> turns(static_cast<std::size_t>(count));
    const double rate = 1.0 / config.samples_per_symbol;
    const auto step = static_cast<std::int64_t>(std::llround(rate * kUnit));
    auto time = static_cast<std::int64_t>(std::llround((-config.first_symbol * rate - 0.5) * kUnit));
    std::int64_t past = 0; // symbols below this index have had their whole effect
    double turned = 0.0;   // by them
    for (std::size_t n = 0; n < turns.size();) {
        const std::int64_t middle = time >> kFraction,
                           first = middle - kCpmReach + 1; // the oldest that moves the phase
        for (; past < std::min(first, symbols); ++past)
            turned += 0.5 * config.modulation_index * static_cast<double>(levels[static_cast<std::size_t>(past)]);
        turned -= std::floor(turned);
        const auto base = static_cast<float>(turned);
        const auto place = std::clamp<std::int64_t>(first, -kSeen, symbols) + kSeen;
        const Float4 seen = *reinterpret_cast<const Float4*>(&padded[static_cast<std::size_t>(place)]);
        for (; n < turns.size() && time >> kFraction == middle; ++n, time += step) {
            const float* row = &rows[static_cast<std::size_t>((time >> kWeight & (kCpmPhases - 1)) * kSeen)];
            const float weight =
                0x1p-25f * static_cast<float>(static_cast<std::int32_t>(time & ((1 << kWeight) - 1)));
            const Float4 low = *reinterpret_cast<const Float4*>(row);
            const Float4 high = *reinterpret_cast<const Float4*>(row + kSeen);
            const auto sum = fold(seen * (low + weight * (high - low)));
            turns[n] = base + sum.real() + sum.imag();
        }
    }
    Samples out(turns.size());
    write_phasors(turns.data(), turns.size(), out.data());
    return out;
}

} // namespace

Samples modulate_cpm(const std::vector<float>& levels, const CpmConfig& config, int count)
{
    return modulate_cpm_loop(levels, config, count);
}

namespace {

PRUNEDAMR_VECTOR_CLONES // for std::floor
    Samples
    modulate_chirp_loop(const std::vector<std::uint16_t>& symbols, const ChirpConfig& config, int count)
{
    const double chips = std::exp2(config.spreading_factor);
    const double length = chips / config.bandwidth;
    std::vector<float> turns(static_cast<std::size_t>(count));
    double cycles = 0.0;
    for (int n = 0; n < count; ++n) {
        const double t = (n - config.first_symbol) / length;
        const auto index = static_cast<std::ptrdiff_t>(std::floor(t));
        const bool shifted = index >= config.preamble && index < static_cast<std::ptrdiff_t>(symbols.size());
        const double start = shifted ? symbols[static_cast<std::size_t>(index)] / chips : 0.0;
        double sweep = t - std::floor(t) + start; // fraction of the bandwidth, from its lower edge
        sweep -= std::floor(sweep);
        const double frequency = config.bandwidth * (config.downwards ? 0.5 - sweep : sweep - 0.5);
        turns[static_cast<std::size_t>(n)] = static_cast<float>(cycles);
        cycles += frequency;
        cycles -= std::floor(cycles);
    }
    Samples out(turns.size());
    write_phasors(turns.data(), turns.size(), out.data());
    return out;
}

} // namespace

Samples modulate_chirp(const std::vector<std::uint16_t>& symbols, const ChirpConfig& config, int count)
{
    return modulate_chirp_loop(symbols, config, count);
}

} // namespace prunedamr::synth
