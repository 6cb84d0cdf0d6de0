// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/ofdm.h"

#include "prunedamr/dsp/polyphase.h"
#include "prunedamr/synth/fft.h"
#include "prunedamr/synth/symbols.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr int kReach = 12;              // input samples on either side that the interpolator sees
constexpr int kLeastPrecoded = 36;      // carriers
constexpr double kPreambleShare = 0.08; // of the symbols, where there are preambles at all

/// The carriers in use, from the lowest frequency; `spacing` 1: all of them, 4: every fourth.
std::vector<int> used_carriers(const OfdmConfig& config, int spacing)
{
    int reach = std::max(1, static_cast<int>(config.occupied * config.transform_size / 2));
    while (config.precoded && fast_transform_size(2 * reach) != 2 * reach && reach > kLeastPrecoded / 2)
        --reach; // few sizes of the precoding transform, as in standards
    std::vector<int> used;
    for (int k = -reach; k <= reach; ++k)
        if (k != 0 && k < config.transform_size / 2 && k % spacing == 0)
            used.push_back(k);
    return used;
}

/// What the carriers carry, mean power 1 each.
Samples carrier_values(const OfdmConfig& config, std::size_t count, bool preamble, Rng& rng)
{
    const Samples& points = constellation(config.carrier_modulation, "OFDM carriers");
    const Symbols symbols = draw_symbols(static_cast<int>(points.size()), static_cast<int>(count), rng);
    Samples values(count);
    for (std::size_t i = 0; i < count; ++i)
        values[i] = points[symbols[i]];
    if (preamble)
        return values;
    if (config.precoded) {
        transform_forward(values);
        const float scale = 1.0f / std::sqrt(static_cast<float>(count));
        for (auto& value : values)
            value *= scale;
    }
    for (std::size_t i = 0; config.pilot_spacing > 0 && i < count;
         i += static_cast<std::size_t>(config.pilot_spacing))
        values[i] = i * 2654435761u >> 16 & 1 ? 1.0f : -1.0f;
    return values;
}

/// One symbol with its prefix, appended.
void append_symbol(const OfdmConfig& config, bool preamble, Samples& out, Rng& rng)
{
    const int size = config.transform_size;
    const auto used = used_carriers(config, preamble ? 4 : 1);
    const Samples values = carrier_values(config, used.size(), preamble, rng);
    Samples bins(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < used.size(); ++i)
        bins[static_cast<std::size_t>((used[i] + size) % size)] = values[i];
    transform_inverse(bins);
    const float scale = 1.0f / std::sqrt(static_cast<float>(std::max<std::size_t>(1, used.size())));
    for (auto& x : bins)
        x *= scale;
    out.insert(out.end(), bins.end() - config.guard, bins.end());
    out.insert(out.end(), bins.begin(), bins.end());
}

/// `ratio` > 1 samples for each one; those at the start that would need earlier ones are left out.
Samples interpolate(const Samples& in, double ratio)
{
    static const dsp::PolyphaseFilter filter = dsp::design_polyphase({ 0.49, 60.0, kReach, 7 });
    const std::uint64_t stride = dsp::polyphase_stride(static_cast<float>(1.0 / ratio));
    const int end = dsp::polyphase_outputs(stride, static_cast<int>(in.size()));
    const int first = std::min(end, dsp::polyphase_outputs(stride, 2 * kReach));
    Samples out(static_cast<std::size_t>(end - first));
    dsp::run_polyphase(filter, stride, in.data(), first, end, out.data());
    return out;
}

} // namespace

Samples modulate_ofdm(const OfdmConfig& config, int count, bool aligned, Rng& rng)
{
    const int symbol = config.transform_size + config.guard;
    const auto skipped = aligned ? std::int64_t{ 0 } : rng.integer(0, symbol - 1);
    const auto wanted = static_cast<std::size_t>(std::ceil(count / config.oversampling) + 3.0 * kReach +
                                                 static_cast<double>(skipped));
    Samples base;
    base.reserve(wanted + static_cast<std::size_t>(symbol));
    while (base.size() < wanted) {
        const bool preamble = config.preamble && rng.chance(kPreambleShare);
        append_symbol(config, preamble, base, rng);
        if (preamble)
            base.insert(base.end(), base.end() - symbol, base.end());
    }
    base.erase(base.begin(), base.begin() + skipped);
    Samples out = config.oversampling > 1.0 ? interpolate(base, config.oversampling) : std::move(base);
    out.resize(static_cast<std::size_t>(count));
    return out;
}

} // namespace prunedamr::synth
