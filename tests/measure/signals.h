// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"

#include <complex>
#include <string>
#include <vector>

/// Signals of known numbers for tests and benchmarks of measurement. All frequencies in cycles per sample; noise is
/// white in the whole sampled band.
namespace prunedamr::test {

using Samples = std::vector<std::complex<float>>;
using Points = std::vector<std::complex<double>>;

struct Made {
    Samples samples;
    double rate = 0.0; ///< symbols per sample (OFDM: symbols with guard)
    double bandwidth = 0.0, center = 0.0;
    double index = 0.0; ///< of FSK
    double useful = 0.0, period = 0.0; ///< OFDM: samples of the transform, and with the guard
    double slope = 0.0;                ///< of a chirp, cycles per sample^2
};

enum class Pulse { root_raised_cosine, rectangular, half_sine, gaussian };

struct LinearSignal {
    std::string alphabet = "QPSK"; ///< of `alphabet_points`, or OQPSK, pi/4-DQPSK, pi/2-BPSK
    int count = 4096;
    double samples_per_symbol = 4.0;
    Pulse pulse = Pulse::root_raised_cosine;
    double shape = 0.35; ///< roll-off, or bandwidth-time product
    double es_n0_db = 20.0;
    double echo = 0.0;             ///< amplitude of a second path, 0.3 to 1.5 symbols late
    double offset = 1e9;           ///< carrier in symbol rates; 1e9: drawn from -0.08 .. 0.08
};
Made make(const LinearSignal& signal, Rng& rng);

/// Mean power 1. Known: BPSK, QPSK, 8PSK, 16PSK, 6PSK, 12PSK, 3PSK, OOK, 4ASK, 8ASK, 16/32/64/128/256QAM,
/// 16/32/64APSK, star 8QAM.
Points alphabet_points(const std::string& name);

struct FskSignal {
    int tones = 2, count = 4096;
    double samples_per_symbol = 8.0, index = 0.5;
    double bandwidth_time = 0.0; ///< of a Gaussian pulse; 0: rectangular
    double snr_db = 15.0;        ///< in the band (tones - 1) index + 1.2 (shaped: 1.0) symbol rates
};
Made make(const FskSignal& signal, Rng& rng);

struct OfdmSignal {
    int count = 8192, transform = 64, guard = 16, active = 52;
    double resample = 1.0; ///< output samples per sample of the transform
    double snr_db = 10.0;
    int pilots = 0; ///< 6: as LTE's reference symbols, 12: as DVB-T's scattered pilots
};
Made make(const OfdmSignal& signal, Rng& rng);

struct ChirpSignal {
    int count = 8192, spreading_factor = 8;
    double samples_per_chip = 4.0, snr_db = 5.0;
};
Made make(const ChirpSignal& signal, Rng& rng);

/// Noise-like speech of unit standard deviation that fills 0 .. `width`.
std::vector<double> audio(int count, double width, Rng& rng);
Made make_am(int count, double depth_rms, double audio_width, double snr_db, Rng& rng);
/// Peak deviation `deviation` of a tone of frequency `audio_width`, or rms deviation of noise-like audio.
Made make_fm(int count, double deviation, double audio_width, bool tone, double snr_db, Rng& rng);
Made make_carrier(int count, double snr_db, Rng& rng);
Made make_noise(int count, double bandwidth, Rng& rng); ///< 1: white

/// Adds white noise of density `n0`.
void add_noise(Samples& x, double n0, Rng& rng);

} // namespace prunedamr::test
