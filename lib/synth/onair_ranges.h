// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prunedamr::synth {

struct Range {
    double low;
    double high;
};

/// Everything that the recipe "onair" draws at random, in one place. Probabilities are 0..1; "of the bandwidth"
/// means of the signal's nominal occupied bandwidth; frequencies are in cycles per sample.
struct OnairRanges {
    // Reception
    Range snr_db = { -6.0, 40.0 };
    double widest_signal = 0.9;       ///< of the sample rate
    double short_reception = 0.25;    ///< probability that the block ends early, as a short burst's does
    double shortest_samples = 192.0;  ///< of such a block
    double shortest_symbols = 24.0;   ///< a short block still holds so many
    double burst_edge = 0.2;          ///< probability that the transmission begins or ends inside the block
    Range burst_ramp = { 2.0, 32.0 }; ///< samples in which it does, log-uniform
    double near_center = 0.5;         ///< probability of a carrier offset within `small_offset`
    double small_offset = 0.1;        ///< of the bandwidth, either side
    Range amplitude_db = { -60.0, 0.0 };

    // Digital modulation
    Range samples_per_symbol = { 2.0, 64.0 }; ///< log-uniform
    Range samples_per_ook_chip = { 1.0, 64.0 };
    Range roll_off = { 0.15, 0.99 }; ///< log-uniform, (root) raised cosine
    double root_raised_cosine = 0.6; ///< probabilities of the PSK pulses; the rest is Gaussian
    double raised_cosine = 0.1;      ///< a receiver that gives out matched-filtered samples
    double rectangular = 0.2;
    Range psk_gaussian_bt = { 0.4, 1.0 };
    double manchester = 0.15;   ///< BPSK, OOK, 2FSK
    double idle_pattern = 0.25; ///< probability that a preamble or idle pattern occurs
    Range idle_symbols = { 16.0, 64.0 };
    Range ook_duty = { 0.2, 0.6 };
    double ook_gaps = 0.3; ///< probability of silence between messages
    Range ook_message_chips = { 16.0, 128.0 };
    Range ook_gap_chips = { 8.0, 64.0 };
    double ook_leak = 0.2; ///< probability that "off" is not quite off
    Range ook_leak_db = { -40.0, -20.0 };
    double ook_soft_edges = 0.3;    ///< probability of a shaped (Gaussian) pulse
    Range fsk_index = { 0.6, 4.0 }; ///< log-uniform
    double fsk_filtered = 0.3;      ///< probability of light filtering of the frequency
    Range fsk_bt = { 1.0, 2.5 };
    double bluetooth = 0.5; ///< share of GFSK with the index of Bluetooth and its relatives
    Range bluetooth_index = { 0.28, 0.55 };
    Range gfsk_index = { 0.3, 1.0 };
    Range gfsk_bt = { 0.45, 0.7 }; ///< at index 0.5 a narrower filter makes it GMSK, which is labelled MSK
    double gmsk = 0.4;
    Range gmsk_bt = { 0.25, 0.4 };

    // Analogue modulation
    Range analog_bandwidth = { 0.02, 0.8 }; ///< log-uniform
    Range am_depth = { 0.2, 1.0 };
    Range fm_index = { 0.4, 8.0 }; ///< peak deviation / highest message frequency, log-uniform
    double pre_emphasis = 0.4;
    double voice = 0.5; ///< probabilities of the messages; the rest is quiet
    double music = 0.3;
    double multiplex = 0.1; ///< stereo multiplex, FM only

    // OFDM
    int ofdm_log2_size_low = 6;
    int ofdm_log2_size_high = 10;
    Range ofdm_occupied = { 0.6, 0.95 };
    double ofdm_band_rate = 0.3;            ///< probability of sampling exactly at the transform's own rate
    Range ofdm_oversampling = { 1.1, 8.0 }; ///< log-uniform
    double ofdm_preamble = 0.3;             ///< probability that training symbols with few carriers occur

    // Channel
    double multipath = 0.25;
    Range echo_db = { -25.0, -6.0 };
    double longest_echo = 0.5; ///< of 1 / bandwidth
    double flat_fading = 0.25;
    Range fading_depth = { 0.1, 0.6 }; ///< amplitude of the second ray
    double drift = 0.02;               ///< of the bandwidth over the block, either side
    Range line_width = { 1e-7, 3e-4 }; ///< oscillator's, of the bandwidth, log-uniform

    // Receiver
    double iq_imbalance = 0.4;
    double iq_gain_db = 1.0;   ///< either side
    double iq_phase_rad = 0.1; ///< either side
    double dc_spike = 0.2;
    Range dc_spike_db = { -35.0, -10.0 }; ///< relative to the reception's power
    double spur = 0.15;                   ///< probability of a weak carrier in the band
    Range spur_db = { -35.0, -15.0 };     ///< relative to the reception's power
    double agc_steps = 0.1;
    Range agc_step_db = { -2.0, 2.0 };
    Range adc_bits = { 8.0, 16.0 };
    Range adc_load_db = { -30.0, -9.0 }; ///< RMS relative to full scale
    double clipping = 0.03;
    Range clipped_load_db = { -5.0, 3.0 };
    double tilt = 0.3; ///< probability of a slope across the sample rate
    Range tilt_db = { -4.0, 4.0 };
    double droop = 0.4;                  ///< probability that the analogue low-pass is seen within the rate
    Range droop_corner = { 0.2, 0.5 };   ///< its -3 dB frequency, cycles per sample
    Range droop_order = { 1.0, 4.0 };    ///< of the Butterworth response
    double channel_filter = 0.6;         ///< probability that only the signal's own band reaches us
    Range channel_width = { 0.8, 3.0 };  ///< of the bandwidth, log-uniform; below 1 it cuts into the signal
    Range channel_slope = { 0.02, 0.4 }; ///< transition, of the width
    Range channel_floor_db = { -80.0, -45.0 };

    // Noise alone
    double noise_filtered = 0.3;
    Range noise_width = { 0.1, 0.95 };
};

inline constexpr OnairRanges kOnairRanges{};

} // namespace prunedamr::synth
