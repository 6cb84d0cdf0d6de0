// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/symbols.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::synth {

/// Samples of one rate at the instants of a higher one, by a Kaiser-windowed sinc of 24 samples: what lies within
/// 0.4 of the lower rate passes, its images are 60 dB down.
class Interpolator
{
public:
    /// Samples of the lower rate that a result sees on either side of its instant.
    static constexpr int kReach = 12;

    /// `step`: instants of the higher rate lie so many samples of the lower one apart, above 0, at most 1.
    explicit Interpolator(double step);

    /// out[k] = in at first + k step, for k < count. kReach <= first, first + count step + kReach < in.size().
    void run(const Samples& in, double first, std::complex<float>* out, std::size_t count) const;

private:
    double step_;
};

/// What one transmitter sends into a capture. Frequencies are in cycles per sample, times in samples of that
/// capture.
struct EmissionConfig {
    std::string label;      ///< a class that sends
    double bandwidth = 0.1; ///< nominal
    double center = 0.0;
    double power = 1.0;                ///< mean of |x|^2 while on
    std::vector<std::uint64_t> starts; ///< of its bursts, rising
    std::uint64_t count = 0;           ///< samples of each
    std::vector<double> centers = {};  ///< of its bursts in turn, over and over; empty: `center` for all
    double drift = 0.0;                ///< of the center, cycles per sample per sample, from sample 0 on
    double skirts = 0.0;               ///< as in SceneSignal
    double pattern = 0.0;              ///< samples after which what it sends repeats; 0: never

    double center_of(std::size_t burst) const { return centers.empty() ? center : centers[burst % centers.size()]; }
};

/// The transmitter works at a rate of a few times its bandwidth; what it sends is resampled and shifted as it is
/// asked for, and switched on and off within a part of a symbol up to some; with skirts it works at the capture's rate,
/// and the oscillator of a keyed one is pulled by the switching at times. All bursts are of one transmitter: pulse, symbol
/// rate and oscillator stay the same, the data go on.
class Emission
{
public:
    /// Throws `Error` when it would need more than 2^27 samples at its own rate.
    Emission(const Transmitters& transmitters, const EmissionConfig& config, Rng& rng);
    ~Emission();
    Emission(Emission&&) noexcept;
    Emission& operator=(Emission&&) noexcept;

    /// Adds what it sends in the samples at..at + count of the capture.
    void add_to(std::complex<float>* out, std::uint64_t at, std::uint64_t count);

    std::uint64_t end() const; ///< of its last burst

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::synth
