// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/measurement.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace prunedamr::measure {

/// Samples that follow one another in time; several pieces follow one another too (those of a ring, for example).
struct Piece {
    const std::complex<float>* samples = nullptr;
    std::size_t count = 0;
};

/// Families whose methods are tried. A method that is not asked for costs nothing.
namespace families {
inline constexpr std::uint32_t ask = 1, psk = 2, qam = 4, apsk = 8, fsk = 16, am = 32, fm = 64, ofdm = 128, css = 256, cw = 512;
inline constexpr std::uint32_t linear = ask | psk | qam | apsk;
inline constexpr std::uint32_t all = 1023;
} // namespace families

/// The samples of one decision, and what is known of them. The band may be wrong by 10 % of the bandwidth in its center
/// and by 30 % in its width; both in Hz, the center from the middle of the samples' band.
struct Decision {
    const Piece* pieces = nullptr;
    std::size_t piece_count = 0;
    double sample_rate_hz = 0.0;
    double center_hz = 0.0, bandwidth_hz = 0.0;
    double passband = 1.0; ///< part of the rate, around its middle, where noise is as strong as it was received
    std::uint32_t families = families::all; ///< those that the network does not rule out
    bool is_fsk_likely = false;             ///< the network says FSK: an eye that is less open is enough
};

/// What successive decisions of one signal say together; made for one measurer, and given to it with each decision.
/// Allocates at construction only.
class PRUNEDAMR_API Track
{
public:
    explicit Track(int max_samples = 32768);
    ~Track();
    Track(Track&&) noexcept;
    void clear() noexcept; ///< another signal begins

private:
    friend class Measurer;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Measures a decision: chirps, then FSK, OFDM, on-off keying, linear modulation, analog modulation; the first whose
/// conditions are met. A line is a rate, not a family: FSK has lines of linear modulation, chirps look like OFDM.
/// Allocates at construction only (some 13 MB for 32,768 samples); one thread at a time. Methods: docs/developer.
class PRUNEDAMR_API Measurer
{
public:
    explicit Measurer(int max_samples = 32768); ///< 64..2^20; more samples of a decision are left out
    ~Measurer();
    Measurer(Measurer&&) noexcept;

    /// Samples that are not finite, all zero or fewer than 64 are refused, not an error.
    /// With `track` the lines of symbol rates and the likelihoods of alphabets add up with those of the decisions before,
    /// as long as they are of linear modulation at one rate.
    const Measurement& measure(const Decision& decision, Track* track = nullptr) noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::measure
