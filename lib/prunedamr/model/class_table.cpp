// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/class_table.h"

#include <algorithm>

namespace prunedamr::model {

const std::vector<Modulation>& modulations()
{
    static const std::vector<Modulation> table = {
        { "noise", "noise", "receiver noise, no signal", {} },
        { "unknown", "unknown", "a signal, but none that can be named", {} },
        { "CW", "CW", "bare carrier, nothing modulated on it", {} },
        { "OOK", "ASK", "on-off keying: a carrier switched on and off, pulse position included", { "2ASK" } },
        { "4ASK", "ASK", "amplitude shift keying with four levels, of one sign or symmetric about zero", {} },
        { "8ASK", "ASK", "amplitude shift keying with eight levels, of one sign or symmetric about zero", {} },
        { "PAM4", "ASK", "four levels symmetric about zero", { "4PAM" } },
        { "BPSK", "PSK", "binary phase shift keying, two phases 180 degrees apart", { "2PSK" } },
        { "QPSK", "PSK", "quaternary phase shift keying, four phases", { "4PSK", "4QAM" } },
        { "8PSK", "PSK", "eight-phase shift keying", {} },
        { "16PSK", "PSK", "sixteen-phase shift keying", {} },
        { "32PSK", "PSK", "32-phase shift keying", {} },
        { "OQPSK", "PSK", "offset QPSK: Q delayed by half a symbol", { "SQPSK" } },
        { "pi/4-DQPSK",
          "PSK",
          "differential QPSK whose phase steps are odd multiples of 45 degrees",
          { "PI4DQPSK" } },
        { "pi/2-BPSK", "PSK", "BPSK whose two phases turn by 90 degrees from symbol to symbol", {} },
        { "16QAM", "QAM", "16-point square quadrature amplitude modulation", { "QAM16" } },
        { "32QAM", "QAM", "32-point cross quadrature amplitude modulation", { "QAM32" } },
        { "64QAM", "QAM", "64-point square quadrature amplitude modulation", { "QAM64" } },
        { "128QAM", "QAM", "128-point cross quadrature amplitude modulation", { "QAM128" } },
        { "256QAM", "QAM", "256-point square quadrature amplitude modulation", { "QAM256" } },
        { "16APSK", "APSK", "amplitude and phase shift keying, 16 points on two rings", {} },
        { "32APSK", "APSK", "amplitude and phase shift keying, 32 points on three rings", {} },
        { "64APSK", "APSK", "amplitude and phase shift keying, 64 points on four rings", {} },
        { "128APSK", "APSK", "amplitude and phase shift keying, 128 points on rings", {} },
        { "2FSK",
          "FSK",
          "two-tone frequency shift keying, rectangular pulse, modulation index 0.6 and more",
          { "FSK", "BFSK" } },
        { "4FSK", "FSK", "four-tone frequency shift keying", {} },
        { "8FSK", "FSK", "eight-tone frequency shift keying", {} },
        { "GFSK", "FSK", "two-tone frequency shift keying with a Gaussian pulse", {} },
        { "MSK",
          "FSK",
          "minimum shift keying: continuous-phase 2FSK of modulation index 0.5, GMSK included",
          { "GMSK" } },
        { "CPFSK", "FSK", "continuous-phase frequency shift keying as RadioML has it: index 0.5, rectangular", {} },
        { "AM-DSB", "AM", "double-sideband amplitude modulation with carrier", { "AM-DSB-WC", "AM" } },
        { "AM-DSB-SC", "AM", "double-sideband amplitude modulation, carrier suppressed", { "DSB-SC" } },
        { "AM-SSB",
          "AM",
          "single-sideband amplitude modulation, carrier suppressed, of either sideband",
          { "AM-SSB-SC", "SSB", "USB", "LSB" } },
        { "AM-USB", "AM", "single-sideband amplitude modulation, upper sideband", {}, "AM-LSB" },
        { "AM-LSB", "AM", "single-sideband amplitude modulation, lower sideband", {}, "AM-USB" },
        { "AM-SSB-WC", "AM", "single-sideband amplitude modulation with carrier", {} },
        { "FM", "FM", "analogue frequency modulation, narrow to wide", {} },
        { "NBFM",
          "FM",
          "narrow-band frequency modulation: peak deviation below twice the highest tone",
          { "NFM" } },
        { "WBFM",
          "FM",
          "wide-band frequency modulation: peak deviation from twice the highest tone on",
          { "WFM" } },
        { "OFDM",
          "OFDM",
          "orthogonal frequency division multiplex with cyclic prefix, precoded (SC-FDMA) included",
          {} },
        { "CSS",
          "CSS",
          "chirp spread spectrum: linear sweeps, cyclically shifted by the symbol",
          { "LoRa", "chirp" } },
    };
    return table;
}

const Modulation* find_modulation(std::string_view name)
{
    for (const auto& row : modulations())
        if (name == row.name || std::find(row.aliases.begin(), row.aliases.end(), name) != row.aliases.end())
            return &row;
    return nullptr;
}

std::string family_of(const std::string& label)
{
    const Modulation* row = find_modulation(label);
    return row ? row->family : label;
}

std::string mirror_of(const std::string& label)
{
    const Modulation* row = find_modulation(label);
    if (!row)
        return "";
    return row->mirror ? row->mirror : label;
}

} // namespace prunedamr::model
