// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/modulator.h"

#include "prunedamr/base/error.h"

#include <algorithm>

namespace prunedamr::synth {
namespace {

struct Row {
    const char* name;
    std::unique_ptr<Modulator> (*make)(Fields&);
};

constexpr Row kRows[] = {
    { "linear", make_linear_modulator }, { "keying", make_keying_modulator },   { "cpm", make_cpm_modulator },
    { "am", make_am_modulator },         { "fm", make_fm_modulator },           { "ofdm", make_ofdm_modulator },
    { "chirp", make_chirp_modulator },   { "carrier", make_carrier_modulator },
};

} // namespace

const std::vector<std::string>& modulator_names()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& row : kRows)
            all.emplace_back(row.name);
        return all;
    }();
    return names;
}

std::unique_ptr<Modulator> make_modulator(const std::string& name, Fields& fields)
{
    std::string known;
    for (const auto& row : kRows) {
        if (name == row.name)
            return row.make(fields);
        known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    throw Error({ "unknown modulator", fields.where(), name, known });
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
