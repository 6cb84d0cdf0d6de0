// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"


#include <algorithm>

namespace prunedamr::synth {
namespace {

constexpr Maker<Modulator> kMakers[] = {
    { "linear", make_linear_modulator },
    { "keying", make_keying_modulator },
    { "cpm", make_cpm_modulator },
    { "am", make_am_modulator },
    { "fm", make_fm_modulator },
    { "ofdm", make_ofdm_modulator },
    { "chirp", make_chirp_modulator },
    { "carrier", make_carrier_modulator },
    { "sweep", make_sweep_modulator },
    { "hops", make_hop_modulator },
    { "impulses", make_impulse_modulator },
    { "comb", make_comb_modulator },
    { "alphabet", make_alphabet_modulator },
    { "tones", make_tones_modulator },
};

} // namespace

const std::vector<std::string>& modulator_names()
{
    static const std::vector<std::string> names = names_of(kMakers);
    return names;
}

std::unique_ptr<Modulator> make_modulator(const std::string& name, JsonObject& fields)
{
    return make_named(kMakers, "modulator", name, fields);
}

double draw_symbol_duration(const Distribution& law, double bandwidth, const SignalLimits& limits, Rng& rng)
{
    const double shortest = bandwidth / limits.widest;
    const double longest = limits.narrowest > 0.0 ? bandwidth / limits.narrowest : limits.longest_symbol;
    return law.draw_within(shortest, std::max(shortest, std::min(longest, limits.longest_symbol)), rng);
}

double draw_bandwidth(const Distribution& law, const SignalLimits& limits, Rng& rng)
{
    const double narrowest = std::max(limits.narrowest, 1.0 / limits.longest_symbol);
    return law.draw_within(std::min(narrowest, limits.widest), limits.widest, rng);
}

} // namespace prunedamr::synth
