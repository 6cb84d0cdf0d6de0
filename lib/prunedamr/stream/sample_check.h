// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace prunedamr::stream {

/// The door through which samples enter a stream: behind it every sample is finite, and so is its square. Others
/// become zero and are counted. Keeps no state but the counts. Allocates at construction only.
class SampleIntake
{
public:
    static constexpr float kLargest = 1e18f;    ///< |component|; beyond it a sample counts as no number
    static constexpr float kAbsurd = 1e6f;      ///< |component|; beyond it no receiver's sample lies
    static constexpr float kVanishing = 1e-30f; ///< below it neither

    SampleIntake() : cleaned_(kPiece) {}

    /// `consume(samples, count)` for pieces of the samples, which stay where they are if they are clean.
    template <typename Consume>
    void process(const std::complex<float>* samples, std::size_t count, Consume consume) noexcept
    {
        for (std::size_t done = 0; done < count; done += kPiece) {
            const std::size_t piece = std::min(count - done, kPiece);
            consume(clean(samples + done, piece), piece);
        }
    }

    std::uint64_t non_finite() const noexcept { return non_finite_; } ///< samples that became zero
    std::uint64_t absurd() const noexcept
    {
        return absurd_;
    } ///< too large or, in a whole piece, too small: samples

private:
    static constexpr std::size_t kPiece = 1 << 16;

    const std::complex<float>* clean(const std::complex<float>* samples, std::size_t count) noexcept;

    std::vector<std::complex<float>> cleaned_;
    std::uint64_t non_finite_ = 0, absurd_ = 0;
};

/// Counts the I and Q values that stand at full scale: at the largest value there is, exactly, if that is the end
/// of the range of 8, 12, 14 or 16 bits, or of +-1.
class ClippingMeter
{
public:
    void add(const std::complex<float>* samples, std::size_t count) noexcept;
    void reset() noexcept { *this = {}; }

    /// Of all values those at full scale; 0 where they are no more than by chance.
    float fraction() const noexcept;

private:
    struct End {
        float value = 0.0f;
        std::uint64_t count = 0;
        void add(float x) noexcept;
    };

    End top_, bottom_; ///< of the negative values their amount
    std::uint64_t values_ = 0;
};

/// Mean of samples, as a receiver's own local oscillator may add it.
struct Constant {
    std::complex<float> mean;
    double over_chance = 0.0; ///< its power over what chance allows, by the differences between the eighths of them
};

Constant measure_constant(const std::complex<float>* samples, int count) noexcept;

/// Whether these cannot be the noise of a receiver: its envelope is that of Gaussian noise, of which neighbors know
/// little even behind a filter that passes four fifths of the band.
bool differs_from_noise(const std::complex<float>* samples, int count) noexcept;

} // namespace prunedamr::stream
