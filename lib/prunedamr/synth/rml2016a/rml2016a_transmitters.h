// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::synth {

using Bits = std::vector<std::uint8_t>; ///< 0 or 1 each

/// The eight digital transmitters of RML2016.10a, 8 samples per symbol.

inline constexpr int kRml2016aSamplesPerSymbol = 8;

/// The points of BPSK, QPSK, 8PSK, PAM4, QAM16 or QAM64 by the bits that they carry, first bit highest: neighbors
/// differ in one bit. PSK of power 1; PAM4 and QAM on the integer grid, *not* normalized: +-1, +-3 .. on each axis,
/// mean power 5, 10 and 42. Programmer's error for another name.
const Samples& rml2016a_constellation(const std::string& name);

/// Points through a root raised cosine of roll-off 0.35 and 88 symbols, unit gain at frequency zero: mean power is
/// that of the points. The filter starts empty, so symbol k stands at sample 8 k + 352. Bits that do not fill a
/// symbol are dropped; 8 samples per symbol come out.
Samples rml2016a_linear(const std::string& name, const Bits& bits);

/// Gaussian filter of BT 0.35 over 4 symbols, at most 0.1 rad per sample (index about 0.25); amplitude 0.999.
Samples rml2016a_gfsk(const Bits& bits);

/// Rectangular pulse, index 0.5: pi/16 rad per sample up or down. Amplitude 1.
Samples rml2016a_cpfsk(const Bits& bits);

/// Samples of audio that every analogue chain of RML2016.10a reads, always from the first one on.
inline constexpr std::size_t kRml2016aAudioSamples = 10000;

/// Stands in for the original's audio, a podcast that is not public: 3 s of synthetic speech at 44.1 kHz (three
/// formants over a voiced source), the same every time. As in the original the first 10,000 samples are mostly
/// silence of +-1 unit of 16 bits; the voice sets in softly after 5,900 (`kRml2016aVoiceOnset`), which leaves about
/// 60 % of the WBFM frames a bare carrier, and the level of AM-DSB too low to show. 16-bit values / 65535: |m| <=
/// 0.5.
std::vector<float> rml2016a_builtin_audio();

inline constexpr std::size_t kRml2016aVoiceOnset = 5500;

/// A headerless file of 16-bit little-endian mono samples at 44.1 kHz, each divided by 65535 as the original does.
/// Throws `Error` for a file that cannot be read, has an odd number of bytes or fewer than 10,000 samples.
std::vector<float> read_rml2016a_audio(const std::string& path);

/// The analogue transmitters of RML2016.10a; audio at 44.1 kHz in, |m| <= 0.5.

/// As the original: audio to 220.5 kS/s (low-pass 17 kHz), 75 us pre-emphasis that ends at 102 kHz, 75 kHz
/// deviation for m = 1. 5 samples per sample of audio.
Samples rml2016a_wbfm(const std::vector<float>& audio);

/// As the original: 1 + m(t), audio interpolated by 200 / 44.1.
Samples rml2016a_am_dsb(const std::vector<float>& audio);

/// What the original's AM-SSB fails to be: the upper sideband of m(t) alone, mean power 1; 200 / 44.1 as above.
Samples rml2016a_ssb(const std::vector<float>& audio);

} // namespace prunedamr::synth
