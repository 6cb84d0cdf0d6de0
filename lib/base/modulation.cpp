// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/modulation.h"

namespace prunedamr {

const std::vector<Modulation>& modulations()
{
    static const std::vector<Modulation> table = {
        { "noise", "noise", "receiver noise, no signal" },
        { "OOK", "ASK", "on-off keying: a carrier switched on and off, pulse position included" },
        { "BPSK", "PSK", "binary phase shift keying, two phases 180 degrees apart" },
        { "QPSK", "PSK", "quaternary phase shift keying, four phases" },
        { "8PSK", "PSK", "eight-phase shift keying" },
        { "OQPSK", "PSK", "offset QPSK: Q delayed by half a symbol" },
        { "16QAM", "QAM", "16-point square quadrature amplitude modulation" },
        { "64QAM", "QAM", "64-point square quadrature amplitude modulation" },
        { "2FSK", "FSK", "two-tone frequency shift keying, rectangular pulse, modulation index 0.6 and more" },
        { "GFSK", "FSK", "two-tone frequency shift keying with a Gaussian pulse" },
        { "MSK", "FSK", "minimum shift keying: continuous-phase 2FSK of modulation index 0.5, GMSK included" },
        { "AM-DSB", "AM", "double-sideband amplitude modulation with carrier" },
        { "FM", "FM", "analogue frequency modulation, narrow to wide" },
        { "OFDM", "OFDM", "orthogonal frequency division multiplex with cyclic prefix" },
    };
    return table;
}

const Modulation* find_modulation(std::string_view name)
{
    for (const auto& row : modulations())
        if (name == row.name)
            return &row;
    return nullptr;
}

std::string family_of(const std::string& label)
{
    const Modulation* row = find_modulation(label);
    return row ? row->family : label;
}

} // namespace prunedamr
