// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/measurement.h"

namespace prunedamr::measure {

const char* quantity_name(Quantity quantity) noexcept
{
    static constexpr const char* names[kQuantities] = {
        "symbol_rate_hz", "carrier_hz",    "deviation_hz",    "modulation_index",      "tones",
        "roll_off",       "evm_db",        "order_log_odds",  "bt",                    "cyclic_prefix_s",
        "subcarrier_spacing_hz",           "chirp_rate_hz_per_s", "spreading_factor",  "depth",
        "audio_bandwidth_hz",              "chip_rate_hz",    "duty",                  "on_off_db",
        "fit",
    };
    return names[static_cast<int>(quantity)];
}

const char* to_string(Method method) noexcept
{
    static constexpr const char* names[] = { "none", "chirp", "fsk", "ofdm", "on-off", "linear", "carrier", "am", "fm" };
    return names[static_cast<int>(method)];
}

const char* to_string(Refusal refusal) noexcept
{
    static constexpr const char* texts[] = { "", "no samples that can be measured", "too few samples", "no method's conditions are met" };
    return texts[static_cast<int>(refusal)];
}

} // namespace prunedamr::measure
