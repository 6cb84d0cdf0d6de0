// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::synth {

/// The recipe of RML2016.10a (O'Shea, West, "Radio Machine Learning Dataset Generation with GNU Radio", 2016) as
/// its published script makes it under GNU Radio 3.7: frames of 128 samples, nominally 200 kS/s, with all its
/// quirks. A network trained on the true set should not notice the difference.
/// - Chains of 10,000 bits (QAM16 20,000, QAM64 30,000) or 10,000 samples of audio pass the transmitter (8 samples
/// per
///   symbol), a sample-rate offset (a walk of N(0, 0.01 Hz) per sample within +-50 Hz), a carrier offset (the same
///   within +-500 Hz), fading, noise; then frames are cut: the first at a random 50..500, the next 128 .. 5 % of
///   the chain later, until the chain ends. A cell (class, SNR label) takes chains until it is full.
/// - Constellations stand on the integer grid, so one label means 7 dB (PAM4), 10 dB (QAM16) and 16 dB (QAM64) more
///   SNR than for PSK. Noise has power 10^(-label / 5): each labeled dB is two true ones.
/// - All chains share one fading path from its start, and all analogue ones the same audio: most of WBFM is a bare
///   carrier like AM-DSB. AM-SSB holds nothing but noise.
/// The original's audio is not public; the built-in one (`rml2016a_builtin_audio`) stands in for it.
struct Rml2016aConfig {
    std::int64_t frames_per_cell = 1000; ///< at least 1
    std::vector<std::string> labels;     ///< of `rml2016a_labels`, each once; empty: all
    std::uint64_t seed = 1;
    int threads = 0;            ///< 0: all cores; the result does not depend on it
    std::string fading = "rml"; ///< see `Fading`: rml, modern, random, none
    std::string audio;          ///< see `read_rml2016a_audio`; empty: built-in
    bool fix_ssb = false;       ///< AM-SSB is the upper sideband of speech, read from a random place in each chain
    bool true_snr = false;      ///< noise power is 10^(-label / 10) of the chain's own mean power after fading
    bool normalize = false;     ///< frames have mean |x|^2 = 1; else, as in the original, sum of |x| = 1
};

/// The 11 classes as RadioML writes them, digital ones first.
const std::vector<std::string>& rml2016a_labels();

/// -20, -18 .. 18.
const std::vector<int>& rml2016a_snr_labels();

/// `frames_per_cell` frames for each class and SNR label, cell by cell in that order; `snr_db` is the label,
/// `group` the chain, the split assigned with the default fractions. A class's frames do not depend on which others
/// are asked for. Throws `Error` for a value outside its range, or for audio that cannot be read.
dataset::Dataset rml2016a_dataset(const Rml2016aConfig& config);

} // namespace prunedamr::synth
