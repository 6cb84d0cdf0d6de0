// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace prunedamr::measure {

/// What may be measured of a signal; `quantity_name` has the key that events write.
enum class Quantity {
    symbol_rate_hz,
    carrier_hz, ///< from the middle of the samples' band
    deviation_hz, ///< of FSK half the span of its tones, of FM the peak
    modulation_index, ///< of FSK, spacing of the tones / symbol rate
    tones,
    roll_off,
    evm_db,
    order_log_odds, ///< ln of the likelihood of the alphabet named over the next
    bt, ///< of FSK with a Gaussian pulse: bandwidth of the filter at half its power, times the symbol's time
    cyclic_prefix_s,
    subcarrier_spacing_hz,
    chirp_rate_hz_per_s,
    spreading_factor,
    depth, ///< of AM, rms
    audio_bandwidth_hz,
    chip_rate_hz,
    duty, ///< of on-off keying, 0..1
    on_off_db,
    fit, ///< distance of the symbols to their alphabet's distribution, over its limit: below 1 fits
};
inline constexpr int kQuantities = static_cast<int>(Quantity::fit) + 1;

PRUNEDAMR_API const char* quantity_name(Quantity quantity) noexcept;

/// A number with one standard error in its own unit; NaN where no error is known.
struct Estimate {
    double value = 0.0, error = 0.0;
};

/// What was measured of a signal; empty where it was not.
struct Numbers : std::array<std::optional<Estimate>, kQuantities> {
    using array::operator[];
    const std::optional<Estimate>& operator[](Quantity quantity) const noexcept { return (*this)[static_cast<std::size_t>(quantity)]; }
    std::optional<Estimate>& operator[](Quantity quantity) noexcept { return (*this)[static_cast<std::size_t>(quantity)]; }
};

/// Which estimator's conditions the signal met.
enum class Method { none, chirp, fsk, ofdm, on_off, linear, carrier, am, fm };
PRUNEDAMR_API const char* to_string(Method method) noexcept;

/// Why there is no number.
enum class Refusal { none, no_samples, too_short, no_method };
PRUNEDAMR_API const char* to_string(Refusal refusal) noexcept;

/// ln of the likelihood that all symbols of the decision have under an alphabet.
struct AlphabetScore {
    const char* name = ""; ///< static text
    double log_likelihood = 0.0;
    bool is_decoy = false;
};

/// All that one decision says, or several decisions of one track together.
struct Measurement {
    static constexpr int kMaxScores = 24, kEvidence = 256;

    Method method = Method::none;
    Refusal refusal = Refusal::no_method;
    float score = 0.0f; ///< of the method: ln odds against chance, roughly
    Numbers numbers;

    const std::optional<Estimate>& operator[](Quantity quantity) const noexcept { return numbers[quantity]; }
    std::optional<Estimate>& operator[](Quantity quantity) noexcept { return numbers[quantity]; }

    /// Of linear modulation: the likeliest alphabet, "" without one; static text. `is_accepted`: it fits, and no other
    /// is near it. `is_other`: the likeliest is one that has no label.
    const char* alphabet = "";
    bool is_accepted = false, is_other = false, is_equalized = false;
    std::array<AlphabetScore, kMaxScores> scores; ///< one for each alphabet, likeliest first
    int score_count = 0;
    double separation = 0.0; ///< of linear modulation: half the distance of two points over the noise in one dimension
    bool is_index_bound = false; ///< FSK: the data alternate, the index is a lower bound
    bool is_shaped = false;      ///< FSK: by a filter, as GFSK
    double shape = 0.0; ///< FSK: a neighboring symbol's response / its own: 0.05 unshaped, 0.13 BT 0.5, 0.26 BT 0.3

    /// Evidence: synchronized symbols of mean power near 1, evenly spread over the decision; of FSK its phase advance
    /// per symbol as a real part, in cycles.
    std::array<std::complex<float>, kEvidence> symbols;
    int symbol_count = 0;
    int decisions = 1; ///< that this measurement speaks of
};

} // namespace prunedamr::measure
