// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/onair.h"

#include "prunedamr/base/error.h"
#include "prunedamr/synth/channel.h"
#include "prunedamr/synth/onair_signal.h"
#include "prunedamr/synth/receiver.h"
#include "prunedamr/synth/white_noise.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace prunedamr::synth {
namespace {

constexpr const OnairRanges& kR = kOnairRanges;
constexpr int kMargin = 512; // samples made on either side and cut off, so that filters have settled

double uniform(const Range& range, Rng& rng)
{
    return rng.uniform(range.low, range.high);
}
double log_uniform(const Range& range, Rng& rng)
{
    return rng.log_uniform(range.low, range.high);
}
double amplitude(double db)
{
    return std::pow(10.0, db / 20.0);
}

std::complex<float> random_phase(double magnitude, Rng& rng)
{
    return std::polar(static_cast<float>(magnitude), static_cast<float>(rng.uniform(0.0, 2.0 * M_PI)));
}

double rms(const Samples& samples)
{
    double power = 0.0;
    for (const auto& x : samples)
        power += std::norm(x);
    return std::sqrt(power / static_cast<double>(samples.size()));
}

/// Begins and ends the transmission inside the block at times; returns the samples during which it is on.
int draw_burst(Samples& samples, int count, Rng& rng)
{
    if (!rng.chance(kR.burst_edge))
        return static_cast<int>(samples.size());
    const auto place = [&](double low, double high) {
        return kMargin + static_cast<int>(rng.uniform(low, high) * count);
    };
    int begin = 0, end = static_cast<int>(samples.size());
    switch (rng.integer(0, 3)) {
    case 0:
        begin = place(0.0, 0.6);
        break;
    case 1:
        end = place(0.1, 1.0);
        break;
    case 2:
        begin = place(0.0, 0.6);
        end = begin + place(0.1, 0.4) - kMargin;
        break;
    case 3: // cut out around the burst
        begin = place(0.0, 0.05);
        end = place(0.95, 1.0);
        break;
    }
    end = std::max(end, begin + 1);
    gate_burst(samples, begin, end, static_cast<int>(log_uniform(kR.burst_ramp, rng)));
    return end - begin;
}

std::vector<float> running_energy(const Samples& samples, int count)
{
    std::vector<float> energy{ 0.0f };
    double sum = 0.0;
    for (int n = 0; n < count; ++n) {
        sum += std::norm(samples[kMargin + n]);
        if ((n + 1) % kEnergyStep == 0 || n + 1 == count)
            energy.push_back(static_cast<float>(sum));
    }
    return energy;
}

void draw_propagation(Samples& samples, double bandwidth, Rng& rng)
{
    if (rng.chance(kR.multipath)) {
        const int longest = std::max(1, static_cast<int>(kR.longest_echo / bandwidth));
        const auto echoes = rng.integer(1, 2);
        for (std::int64_t i = 0; i < echoes; ++i)
            add_echo(samples, static_cast<int>(rng.integer(1, longest)),
                     random_phase(amplitude(uniform(kR.echo_db, rng)), rng));
    }
    if (rng.chance(kR.flat_fading)) {
        const double turns = rng.uniform(0.0, 1.0) / static_cast<double>(samples.size());
        fade(samples, uniform(kR.fading_depth, rng), turns, rng.uniform(0.0, 2.0 * M_PI));
    }
}

double draw_center(double bandwidth, Rng& rng)
{
    const double room = std::max(0.0, 0.5 * (kR.widest_signal - bandwidth));
    const double offset = rng.chance(kR.near_center) ? kR.small_offset * bandwidth : room;
    return std::min(offset, room) * rng.uniform(-1.0, 1.0);
}

/// A weak carrier in the band that is none of ours: a spurious product of the receiver or of a neighbour.
void draw_spur(Samples& samples, double center, double bandwidth, Rng& rng)
{
    if (!rng.chance(kR.spur))
        return;
    const double level = rms(samples) * amplitude(uniform(kR.spur_db, rng));
    const double frequency = center + bandwidth * rng.uniform(-0.5, 0.5);
    Samples tone(samples.size(), random_phase(level, rng));
    mix(tone, { frequency }, rng);
    std::transform(samples.begin(), samples.end(), tone.begin(), samples.begin(), std::plus<>());
}

/// The receiver's analogue part and its converter.
void draw_front(Samples& samples, Rng& rng)
{
    const double level = rms(samples);
    if (rng.chance(kR.iq_imbalance))
        unbalance_iq(samples, kR.iq_gain_db * rng.uniform(-1.0, 1.0), kR.iq_phase_rad * rng.uniform(-1.0, 1.0));
    if (rng.chance(kR.dc_spike))
        add_constant(samples, random_phase(level * amplitude(uniform(kR.dc_spike_db, rng)), rng));
    if (rng.chance(kR.agc_steps)) {
        const auto size = static_cast<double>(samples.size());
        step_gain(samples, static_cast<int>(rng.uniform(0.0, size)), uniform(kR.agc_step_db, rng),
                  size * rng.log_uniform(0.02, 1.0));
    }
    if (rng.chance(kR.tilt))
        tilt_spectrum(samples, uniform(kR.tilt_db, rng));
    if (rng.chance(kR.droop))
        droop_spectrum(samples, uniform(kR.droop_corner, rng), uniform(kR.droop_order, rng));
    const Range& load = rng.chance(kR.clipping) ? kR.clipped_load_db : kR.adc_load_db;
    quantise(samples,
             static_cast<int>(rng.integer(static_cast<int>(kR.adc_bits.low), static_cast<int>(kR.adc_bits.high))),
             level / amplitude(uniform(load, rng)));
}

void draw_channel_filter(Samples& samples, double center, double width, Rng& rng)
{
    if (width >= 1.0)
        return;
    const double slope = uniform(kR.channel_slope, rng) * width;
    filter_channel(samples, { center, width, slope, uniform(kR.channel_floor_db, rng) });
}

void crop(Samples& samples, int count, double scale)
{
    samples.erase(samples.begin(), samples.begin() + kMargin);
    samples.resize(static_cast<std::size_t>(count));
    for (auto& x : samples)
        x *= static_cast<float>(scale);
}

Reception noise_reception(int count, Rng& rng)
{
    Reception reception;
    Samples& samples = reception.samples;
    samples.resize(static_cast<std::size_t>(count + 2 * kMargin));
    add_noise(samples, 1.0, rng);
    draw_spur(samples, 0.0, 1.0, rng);
    draw_front(samples, rng);
    if (rng.chance(kR.noise_filtered)) {
        const double width = uniform(kR.noise_width, rng);
        draw_channel_filter(samples, 0.5 * (1.0 - width) * rng.uniform(-1.0, 1.0), width, rng);
    }
    reception.snr_db = std::numeric_limits<float>::quiet_NaN();
    reception.bandwidth = 1.0f;
    return reception;
}

Reception signal_reception(const std::string& label, int count, double snr_db, Rng& rng)
{
    SignalLimits limits;
    const double slowest = count / kR.shortest_symbols;
    for (Range* range : { &limits.samples_per_symbol, &limits.samples_per_ook_chip })
        range->high = std::clamp(slowest, range->low, range->high);
    limits.analog_bandwidth.low =
        std::clamp(1.0 / slowest, limits.analog_bandwidth.low, limits.analog_bandwidth.high);

    Signal signal = draw_signal(label, count + 2 * kMargin, limits, rng);
    const double bandwidth = signal.bandwidth;
    Reception reception;
    Samples& samples = reception.samples = std::move(signal.samples);
    const int on = draw_burst(samples, count, rng);
    reception.energy = running_energy(samples, count);

    draw_propagation(samples, bandwidth, rng);
    const double power = std::pow(rms(samples), 2.0) * static_cast<double>(samples.size()) / on;
    const double center = draw_center(bandwidth, rng);
    mix(samples,
        { center, kR.drift * bandwidth * rng.uniform(-1.0, 1.0), bandwidth * log_uniform(kR.line_width, rng),
          rng.uniform(0.0, 2.0 * M_PI) },
        rng);
    add_noise(samples, noise_density(power, bandwidth, snr_db), rng);
    draw_spur(samples, center, bandwidth, rng);
    draw_front(samples, rng);
    if (rng.chance(kR.channel_filter))
        draw_channel_filter(samples, center, bandwidth * log_uniform(kR.channel_width, rng), rng);

    reception.snr_db = static_cast<float>(snr_db);
    reception.center = static_cast<float>(center);
    reception.bandwidth = static_cast<float>(bandwidth);
    return reception;
}

} // namespace

std::vector<std::string> onair_labels()
{
    return { "noise", "OOK",  "BPSK", "QPSK", "8PSK",   "OQPSK", "16QAM",
             "64QAM", "2FSK", "GFSK", "MSK",  "AM-DSB", "FM",    "OFDM" };
}

Reception onair_reception(const std::string& label, int count, float snr_db, Rng& rng)
{
    const auto labels = onair_labels();
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) {
        std::string known;
        for (const auto& name : labels)
            known += (known.empty() ? "" : ", ") + name;
        throw Error({ "unknown label", "recipe onair", label, known });
    }
    PRUNEDAMR_CHECK(count > 0, "a reception has samples");
    const double snr = std::isfinite(snr_db) ? static_cast<double>(snr_db) : uniform(kR.snr_db, rng);
    Reception reception = label == "noise" ? noise_reception(count, rng) : signal_reception(label, count, snr, rng);
    reception.label = label;
    crop(reception.samples, count, amplitude(uniform(kR.amplitude_db, rng)));
    return reception;
}

} // namespace prunedamr::synth
