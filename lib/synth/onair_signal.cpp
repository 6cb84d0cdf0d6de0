// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/onair_signal.h"

#include "prunedamr/synth/analog.h"
#include "prunedamr/synth/channel.h"
#include "prunedamr/synth/cpm.h"
#include "prunedamr/synth/linear.h"
#include "prunedamr/synth/message.h"
#include "prunedamr/synth/ofdm.h"
#include "prunedamr/synth/ook.h"
#include "prunedamr/synth/symbols.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr const OnairRanges& kR = kOnairRanges;

double uniform(const Range& range, Rng& rng)
{
    return rng.uniform(range.low, range.high);
}
double log_uniform(const Range& range, Rng& rng)
{
    return rng.log_uniform(range.low, range.high);
}

/// A symbol duration at which the signal fits into the rate; `bandwidth` is in multiples of the symbol rate.
double draw_samples_per_symbol(const Range& range, double bandwidth, Rng& rng)
{
    const double low = std::max(range.low, bandwidth / kR.widest_signal);
    return rng.log_uniform(low, std::max(low, range.high));
}

Pulse draw_pulse(Rng& rng)
{
    double u = rng.uniform();
    if ((u -= kR.root_raised_cosine) < 0.0)
        return Pulse::root_raised_cosine;
    if ((u -= kR.raised_cosine) < 0.0)
        return Pulse::raised_cosine;
    return u < kR.rectangular ? Pulse::rectangular : Pulse::gaussian;
}

Signal draw_linear(const std::string& label, int count, const SignalLimits& limits, Rng& rng)
{
    LinearConfig config;
    config.pulse = draw_pulse(rng);
    config.shape =
        config.pulse == Pulse::gaussian ? uniform(kR.psk_gaussian_bt, rng) : log_uniform(kR.roll_off, rng);
    config.offset = label == "OQPSK";
    const double bandwidth = linear_bandwidth(config.pulse, config.shape);
    config.samples_per_symbol = draw_samples_per_symbol(limits.samples_per_symbol, bandwidth, rng);
    config.first_instant = -(kPulseReach + rng.uniform()) * config.samples_per_symbol;
    const int symbols = static_cast<int>(count / config.samples_per_symbol) + 2 * kPulseReach + 3;
    return { modulate_linear(draw_symbols(label, symbols, rng), config, count),
             bandwidth / config.samples_per_symbol };
}

Signal draw_ook(int count, const SignalLimits& limits, Rng& rng)
{
    const double chip = log_uniform(limits.samples_per_ook_chip, rng);
    return { modulate_ook(chip, count, rng), std::min(2.0 / chip, kR.widest_signal) };
}

CpmConfig draw_cpm_pulse(const std::string& label, Rng& rng)
{
    CpmConfig config;
    if (label == "2FSK") {
        config.modulation_index = log_uniform(kR.fsk_index, rng);
        config.bt = rng.chance(kR.fsk_filtered) ? uniform(kR.fsk_bt, rng) : 0.0;
    } else if (label == "GFSK") {
        config.modulation_index = uniform(rng.chance(kR.bluetooth) ? kR.bluetooth_index : kR.gfsk_index, rng);
        config.bt = uniform(kR.gfsk_bt, rng);
    } else {
        config.modulation_index = 0.5;
        config.bt = rng.chance(kR.gmsk) ? uniform(kR.gmsk_bt, rng) : 0.0;
    }
    return config;
}

Signal draw_cpm(const std::string& label, int count, const SignalLimits& limits, Rng& rng)
{
    CpmConfig config = draw_cpm_pulse(label, rng);
    const double bandwidth = cpm_bandwidth(config.modulation_index);
    config.samples_per_symbol = draw_samples_per_symbol(limits.samples_per_symbol, bandwidth, rng);
    config.first_symbol = -(3.0 + rng.uniform()) * config.samples_per_symbol;
    const int symbols = static_cast<int>(count / config.samples_per_symbol) + 8;
    const bool coded = label == "2FSK" && rng.chance(kR.manchester);
    const Bits bits = coded ? manchester(draw_bits(symbols / 2 + 1, rng)) : draw_bits(symbols, rng);
    return { modulate_cpm(bits, config, count), bandwidth / config.samples_per_symbol };
}

Message draw_message(bool fm, Rng& rng)
{
    double u = rng.uniform();
    if ((u -= kR.voice) < 0.0)
        return Message::voice;
    if ((u -= kR.music) < 0.0)
        return Message::music;
    return fm && u < kR.multiplex ? Message::multiplex : Message::quiet;
}

Signal draw_am(int count, const SignalLimits& limits, Rng& rng)
{
    const double bandwidth = log_uniform(limits.analog_bandwidth, rng);
    const auto message = make_message(draw_message(false, rng), bandwidth / 2, count, rng);
    return { modulate_am(message, uniform(kR.am_depth, rng)), bandwidth };
}

/// Carson's rule: bandwidth = 2 (deviation + highest message frequency).
Signal draw_fm(int count, const SignalLimits& limits, Rng& rng)
{
    const double bandwidth = log_uniform(limits.analog_bandwidth, rng);
    const double index = log_uniform(kR.fm_index, rng);
    const double highest = bandwidth / 2 / (1.0 + index);
    auto message = make_message(draw_message(true, rng), highest, count, rng);
    if (rng.chance(kR.pre_emphasis))
        pre_emphasise(message, 0.2 * highest);
    return { modulate_fm(message, index * highest), bandwidth };
}

Signal draw_ofdm(int count, const SignalLimits& limits, Rng& rng)
{
    constexpr const char* kCarriers[] = { "BPSK", "QPSK", "16QAM", "64QAM" };
    OfdmConfig config;
    config.transform_size = 1 << rng.integer(kR.ofdm_log2_size_low, kR.ofdm_log2_size_high);
    config.guard = config.transform_size >> rng.integer(2, 5);
    config.occupied = uniform(kR.ofdm_occupied, rng);
    config.oversampling = rng.chance(limits.ofdm_band_rate) ? 1.0 : log_uniform(limits.ofdm_oversampling, rng);
    config.carrier_modulation = kCarriers[rng.integer(0, 3)];
    config.preamble = rng.chance(kR.ofdm_preamble);
    return { modulate_ofdm(config, count, false, rng), config.occupied / config.oversampling };
}

} // namespace

Signal draw_signal(const std::string& label, int count, const SignalLimits& limits, Rng& rng)
{
    Signal signal;
    if (label == "OOK")
        signal = draw_ook(count, limits, rng);
    else if (label == "2FSK" || label == "GFSK" || label == "MSK")
        signal = draw_cpm(label, count, limits, rng);
    else if (label == "AM-DSB")
        signal = draw_am(count, limits, rng);
    else if (label == "FM")
        signal = draw_fm(count, limits, rng);
    else if (label == "OFDM")
        signal = draw_ofdm(count, limits, rng);
    else
        signal = draw_linear(label, count, limits, rng);
    normalise_power(signal.samples);
    return signal;
}

} // namespace prunedamr::synth
