// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"

#include "prunedamr/dsp/resampler.h"
#include "prunedamr/synth/signal/fft.h"
#include "prunedamr/synth/signal/symbols.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr int kInterpolatorReach = 12;                 // input samples on either side that the interpolator sees
constexpr int kMinPrecoded = 36;           // carriers
constexpr double kPreambleFraction = 0.08; // of the symbols, where there are preambles at all

/// Carriers to either side of zero.
int reach_of(const OfdmConfig& config)
{
    int reach = std::max(1, static_cast<int>(config.occupied * config.transform_size / 2));
    while (config.precoded && fast_transform_size(2 * reach) != 2 * reach && reach > kMinPrecoded / 2)
        --reach; // few sizes of the precoding transform, as in standards
    return reach;
}

/// The bins of the carriers in use, from the lowest frequency; `spacing` 1: all of them, 4: every fourth.
std::vector<int> used_bins(const OfdmConfig& config, int spacing)
{
    const int reach = reach_of(config);
    std::vector<int> used;
    for (int k = -reach; k <= reach; ++k)
        if (k != 0 && k < config.transform_size / 2 && k % spacing == 0)
            used.push_back((k + config.transform_size) % config.transform_size);
    return used;
}

/// Makes the symbols of one transmission.
class SymbolMaker
{
public:
    SymbolMaker(const OfdmConfig& config, Rng& rng)
        : config_(config), rng_(rng), points_(constellation(config.carrier_modulation, "OFDM carriers")),
          used_(used_bins(config, 1)), used_in_preamble_(used_bins(config, 4))
    {
    }

    /// One symbol with its prefix.
    void append(bool preamble, Samples& out)
    {
        const auto& used = preamble ? used_in_preamble_ : used_;
        draw_values(used.size(), preamble);
        const float scale = 1.0f / std::sqrt(static_cast<float>(std::max<std::size_t>(1, used.size())));
        bins_.assign(static_cast<std::size_t>(config_.transform_size), 0.0f);
        for (std::size_t i = 0; i < used.size(); ++i)
            bins_[static_cast<std::size_t>(used[i])] = scale * values_[i];
        transform_inverse(bins_);
        out.insert(out.end(), bins_.end() - config_.guard, bins_.end());
        out.insert(out.end(), bins_.begin(), bins_.end());
    }

private:
    /// What the carriers carry, mean power 1 each.
    void draw_values(std::size_t count, bool preamble)
    {
        const Symbols symbols = draw_symbols(static_cast<int>(points_.size()), static_cast<int>(count), rng_);
        values_.resize(count);
        for (std::size_t i = 0; i < count; ++i)
            values_[i] = points_[symbols[i]];
        if (preamble)
            return;
        if (config_.precoded) {
            transform_forward(values_);
            const float scale = 1.0f / std::sqrt(static_cast<float>(count));
            for (auto& value : values_)
                value *= scale;
        }
        for (std::size_t i = 0; config_.pilot_spacing > 0 && i < count;
             i += static_cast<std::size_t>(config_.pilot_spacing))
            values_[i] = i * 2654435761u >> 16 & 1 ? 1.0f : -1.0f;
    }

    const OfdmConfig& config_;
    Rng& rng_;
    const Samples& points_;
    std::vector<int> used_, used_in_preamble_;
    Samples values_, bins_;
};

/// `ratio` > 1 samples for each one; those at the start that would need earlier ones are left out.
Samples interpolate(const Samples& in, double ratio)
{
    static const dsp::PolyphaseFilter filter = dsp::design_polyphase({ 0.49, 60.0, kInterpolatorReach, 7 });
    const std::uint64_t stride = dsp::polyphase_stride(static_cast<float>(1.0 / ratio));
    const int end = dsp::polyphase_outputs(stride, static_cast<int>(in.size()));
    const int first = std::min(end, dsp::polyphase_outputs(stride, 2 * kInterpolatorReach));
    Samples out(static_cast<std::size_t>(end - first));
    dsp::run_polyphase(filter, stride, in.data(), first, end, out.data());
    return out;
}

} // namespace

Samples modulate_ofdm(const OfdmConfig& config, int count, bool aligned, Rng& rng)
{
    const int symbol = config.transform_size + config.guard;
    const auto skipped = aligned ? std::int64_t{ 0 } : rng.integer(0, symbol - 1);
    const auto wanted = static_cast<std::size_t>(std::ceil(count / config.oversampling) + 3.0 * kInterpolatorReach +
                                                 static_cast<double>(skipped));
    SymbolMaker maker(config, rng);
    Samples base;
    base.reserve(wanted + 3 * static_cast<std::size_t>(symbol));
    auto left = rng.integer(0, config.packet_symbols);
    while (base.size() < wanted) {
        const bool packet_begins = config.packet_symbols > 0 && left-- == 0;
        if (packet_begins) {
            base.resize(base.size() + static_cast<std::size_t>(config.gap_symbols * symbol));
            left = config.packet_symbols;
        }
        const bool preamble = packet_begins || (config.preamble && rng.chance(kPreambleFraction));
        maker.append(preamble, base);
        if (preamble)
            base.insert(base.end(), base.end() - symbol, base.end());
    }
    base.erase(base.begin(), base.begin() + skipped);
    Samples out = config.oversampling > 1.0 ? interpolate(base, config.oversampling) : std::move(base);
    out.resize(static_cast<std::size_t>(count));
    return out;
}

} // namespace prunedamr::synth
