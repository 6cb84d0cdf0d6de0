// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal/symbols.h"

#include <complex>
#include <cstdint>
#include <string>
#include <vector>

/// The modulations, one source file for each kind: their parameters in, complex samples out. Frequencies are in
/// cycles per sample.
namespace prunedamr::synth {

// Analog (analog.cpp)

enum class Message {
    voice,     ///< harmonics of a wandering pitch under formants, with breath noise
    scrambled, ///< voice with its spectrum inverted, as simple voice scramblers do
    music,     ///< a few tones with overtones
    multiplex, ///< FM stereo: sum, pilot, difference on its subcarrier
    data,      ///< audio tones keyed by data (AFSK)
    quiet,     ///< nearly nothing: hum and hiss
};

/// `count` samples of a message whose highest frequency is `highest` cycles per sample; |m| <= 1.
std::vector<float> make_message(Message kind, double highest, int count, Rng& rng);

/// Double sideband with carrier: 1 + depth m(n), |m| <= 1, depth 0..1; real, not negative.
Samples modulate_am(const std::vector<float>& message, double depth);

/// One sideband of a message of `bandwidth` cycles per sample, carrier suppressed, its middle at frequency zero.
Samples modulate_ssb(const std::vector<float>& message, bool upper, double bandwidth);

/// Frequency modulation: m = 1 turns the phase by 2 pi `deviation` per sample. Constant envelope 1.
Samples modulate_fm(const std::vector<float>& message, double deviation);

/// First-order lift of high frequencies from `corner` (cycles per sample) on; the result is scaled to |m| <= 1.
void pre_emphasize(std::vector<float>& message, double corner);

// Continuous phase and chirps (cpm_chirp.cpp)

/// Continuous-phase modulation with 2, 4, ... tones: 2FSK, 4FSK, GFSK, MSK, GMSK. Constant envelope 1.
struct CpmConfig {
    double samples_per_symbol = 8.0; ///< fractional, >= 1
    double modulation_index = 0.5; ///< h: tone spacing / symbol rate; level a turns the phase by pi h a per symbol
    double bt = 0.0;               ///< bandwidth-time product of the Gaussian filter; 0: rectangular pulse
    double first_symbol = 0.0;     ///< sample at which symbol 0 begins
};

/// Carson's rule with the highest keying frequency, half the symbol rate: (tones - 1) h + 1, in symbol rates.
double cpm_bandwidth(double modulation_index, int tones);

/// Symbols of `tones` values as the odd levels -(tones - 1) .. tones - 1.
std::vector<float> to_levels(const Symbols& symbols, int tones);

Samples modulate_cpm(const std::vector<float>& levels, const CpmConfig& config, int count);

/// Chirp spread spectrum: each symbol is a sweep over the whole bandwidth in 2^spreading_factor / bandwidth
/// samples, cyclically shifted by symbol / 2^spreading_factor of it; constant envelope 1, continuous phase.
struct ChirpConfig {
    double bandwidth = 0.5;    ///< cycles per sample, 0..1
    int spreading_factor = 7;  ///< bits per symbol, 5..12
    bool downwards = false;    ///< sweeps from high to low
    int preamble = 0;          ///< symbols at the start that are not shifted
    double first_symbol = 0.0; ///< sample at which symbol 0 begins
};

/// `symbols`: 0 .. 2^spreading_factor - 1 each.
Samples modulate_chirp(const std::vector<std::uint16_t>& symbols, const ChirpConfig& config, int count);

// On-off keying (keying.cpp)

/// How a bit becomes pulses. A chip is the shortest pulse or gap of plain bits.
enum class KeyingCode {
    plain,          ///< one chip, on for 1
    manchester,     ///< on-off for 1, off-on for 0
    pulse_position, ///< a pulse in the first chip of two for 1, in the second for 0
    pulse_width,    ///< a long pulse and a short gap for 1, the other way round for 0
    pulse_distance, ///< a pulse and a long gap for 1, a short one for 0
};

struct OokConfig {
    double samples_per_chip = 8.0; ///< fractional, >= 1
    KeyingCode code = KeyingCode::plain;
    double pulse_chips = 1.0;    ///< length of the pulses of pulse_position and pulse_distance, 0..1
    double long_ratio = 2.0;     ///< long to short of pulse_width and pulse_distance
    double message_chips = 1e12; ///< messages of this length, with silence of `gap_chips` between them
    double gap_chips = 0.0;
    double since_gap = 0.0;  ///< chips of the first message that are over already
    double first_chip = 0.0; ///< chips, at which the first one begins
    double soft_chips = 0.0; ///< width of the keying circuit's low-pass
    double leak = 0.0;       ///< amplitude while off, 0..1
};

/// On-off keying. The result is real and not negative but for the ripple of the edges.
Samples modulate_ook(const Symbols& bits, const OokConfig& config, int count);

/// A stretch of constant level.
struct LevelRun {
    std::complex<float> level;
    double duration; ///< samples, fractional
};

/// The runs one after another from time `start` (sample 0 is time 0), as a receiver's anti-alias filter (cut-off
/// 0.45 of the rate) leaves them: edges lie exactly where they should, without aliases. The last level holds on.
Samples render_runs(const std::vector<LevelRun>& runs, double start, int count);

// PSK and QAM (linear.cpp)

enum class Pulse { root_raised_cosine, raised_cosine, gaussian, half_sine, rectangular };

/// PSK and QAM: s(n) = sum over k of a_k p((n - first_instant) / samples_per_symbol - k).
struct LinearConfig {
    double samples_per_symbol = 8.0; ///< fractional, >= 1
    Pulse pulse = Pulse::root_raised_cosine;
    double shape = 0.35;        ///< roll-off [0, 1), or bandwidth-time product of the Gaussian pulse
    bool offset = false;        ///< Q delayed by half a symbol (OQPSK)
    double first_instant = 0.0; ///< sample at which symbol 0 stands
};

/// Symbols that a pulse reaches on either side of its instant.
inline constexpr int kPulseReach = 6;

/// Occupied bandwidth in multiples of the symbol rate: 1 + roll-off; 2 (between the nulls) when
/// rectangular, 1.5 for the half sine.
double linear_bandwidth(Pulse pulse, double shape);

Samples modulate_linear(const Samples& symbols, const LinearConfig& config, int count);

// OFDM (ofdm.cpp)

struct OfdmConfig {
    int transform_size = 64;                 ///< carriers of the transform, used or not
    int guard = 16;                          ///< cyclic prefix in samples of the transform
    double occupied = 0.8;                   ///< fraction of the carriers in use, the one at zero never
    double oversampling = 1.0;               ///< output samples per sample of the transform, >= 1, fractional
    std::string carrier_modulation = "QPSK"; ///< of `constellation`
    int pilot_spacing = 0;                   ///< every so many carriers one with a fixed BPSK value; 0: none
    bool precoded = false;                   ///< data spread by a transform over the used carriers (SC-FDMA)
    int packet_symbols = 0;                  ///< packets of so many symbols, each behind a preamble; 0: no end
    double gap_symbols = 0.0;                ///< silence between packets, fractional
    bool preamble = false;                   ///< now and then two equal symbols that use every fourth carrier only
};

/// Orthogonal frequency division multiplex of random symbols, mean power 1; begins at a random place in a symbol
/// unless `aligned`.
Samples modulate_ofdm(const OfdmConfig& config, int count, bool aligned, Rng& rng);

} // namespace prunedamr::synth
