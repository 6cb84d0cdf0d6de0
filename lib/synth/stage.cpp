// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/stage.h"

#include "prunedamr/base/error.h"

namespace prunedamr::synth {
namespace {

struct Row {
    const char* name;
    std::unique_ptr<Stage> (*make)(Fields&);
};

constexpr Row kRows[] = {
    { "burst", make_burst },
    { "clock_drift", make_clock_drift },
    { "multipath", make_multipath },
    { "flat_fading", make_flat_fading },
    { "carrier", make_carrier },
    { "noise", make_noise },
    { "neighbour", make_neighbour },
    { "spur", make_spur },
    { "iq_imbalance", make_iq_imbalance },
    { "dc_spike", make_dc_spike },
    { "agc_step", make_agc_step },
    { "tilt", make_tilt },
    { "droop", make_droop },
    { "converter", make_converter },
    { "channel_filter", make_channel_filter },
};

} // namespace

const std::vector<std::string>& stage_names()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& row : kRows)
            all.emplace_back(row.name);
        return all;
    }();
    return names;
}

std::unique_ptr<Stage> make_stage(const std::string& name, Fields& fields)
{
    std::string known;
    for (const auto& row : kRows) {
        if (name == row.name)
            return row.make(fields);
        known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    throw Error({ "unknown stage", fields.where(), name, known });
}

} // namespace prunedamr::synth
