// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/stage.h"

#include "prunedamr/synth/maker_table.h"

namespace prunedamr::synth {
namespace {

constexpr Maker<Stage> kMakers[] = {
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
    static const std::vector<std::string> names = names_of(kMakers);
    return names;
}

std::unique_ptr<Stage> make_stage(const std::string& name, Fields& fields)
{
    return make_named(kMakers, "stage", name, fields);
}

} // namespace prunedamr::synth
