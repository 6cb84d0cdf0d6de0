// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <complex>
#include <cstdint>

namespace prunedamr {

/// Seeded random numbers, the same on every compiler and standard library
/// (xoshiro256++ seeded by splitmix64; normals by Box-Muller in double).
/// Not thread-safe: give each thread its own `fork`.
class Rng
{
public:
    explicit Rng(std::uint64_t seed);

    /// An independent generator for sub-task `stream`; does not advance this one.
    Rng fork(std::uint64_t stream) const;

    std::uint64_t next();
    double uniform();                            ///< [0, 1)
    double uniform(double low, double high);     ///< [low, high)
    double log_uniform(double low, double high); ///< density proportional to 1/x; 0 < low <= high

    /// low..high, both ends; high - low < 2^63 - 1. Of n values each has a probability of 1/n to within 2^-64 (the
    /// modulo of a 64-bit draw); an exact method would change the draws, and with them every published data set.
    std::int64_t integer(std::int64_t low, std::int64_t high);

    bool chance(double probability);
    double normal();                      ///< mean 0, variance 1
    std::complex<float> complex_normal(); ///< mean 0, total variance 1

private:
    std::array<std::uint64_t, 4> state_;
    double spare_normal_ = 0.0;
    bool has_spare_ = false;
};

} // namespace prunedamr
