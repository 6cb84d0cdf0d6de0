// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/clock.h"
#include "prunedamr/stream/sample_check.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>

namespace prunedamr::stream {

/// What holds for an epoch of the detector, besides what it finds: its place and time, and what can be measured of
/// the whole band.
class EpochFacts
{
public:
    EpochFacts() = default;
    EpochFacts(std::uint64_t start, double tuned_hz, SampleClock clock)
        : start_(start), tuned_hz_(tuned_hz), clock_(clock)
    {
    }

    static constexpr std::size_t kPart = 1024;

    /// A part of the epoch: `kPart` samples, or what is left of a stream that ends.
    void add(const std::complex<float>* samples, std::size_t count) noexcept
    {
        clipping_.add(samples, count);
        std::complex<double> sum;
        double energy = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
            const double re = static_cast<double>(samples[i].real()), im = static_cast<double>(samples[i].imag());
            sum += std::complex<double>(re, im);
            energy += re * re + im * im;
        }
        energy_ += energy;
        count_ += count;
        if (count < kPart)
            return;
        const std::complex<double> mean = sum / static_cast<double>(kPart);
        sum_ += mean;
        part_energy_ += std::norm(mean);
        ++parts_;
    }

    std::uint64_t start() const noexcept { return start_; }
    std::uint64_t count() const noexcept { return count_; }
    double tuned_hz() const noexcept { return tuned_hz_; }
    std::int64_t time_ns(std::uint64_t sample) const noexcept { return clock_.time_ns(sample); }
    TimeSource time_source() const noexcept { return clock_.source(); }
    float clipped() const noexcept { return clipping_.fraction(); }
    double energy() const noexcept { return energy_; } ///< sum of |x|^2

    /// Whether a band is the receiver's own line at zero frequency. Cycles per sample; `finest`: a bin of what found it.
    bool has_own_line(double low, double high, double finest) const noexcept
    {
        return low < 0.0 && high > 0.0 && high - low <= kLineBins * finest && constant() != std::complex<float>{};
    }

    /// What stands still at zero frequency while everything else there changes from part to part; 0 where nothing does.
    std::complex<float> constant() const noexcept
    {
        const double parts = static_cast<double>(parts_);
        if (parts_ < kLeastParts || std::norm(sum_) <= kSameLine * parts * part_energy_)
            return {};
        return std::complex<float>(sum_ / parts);
    }

private:
    static constexpr std::uint64_t kLeastParts = 8;
    static constexpr double kSameLine = 0.9; ///< of the power at zero frequency
    static constexpr double kLineBins = 8.0; ///< that a line has at most

    std::uint64_t start_ = 0, count_ = 0, parts_ = 0;
    double tuned_hz_ = 0.0, energy_ = 0.0, part_energy_ = 0.0;
    SampleClock clock_{ 1.0 };
    ClippingMeter clipping_;
    std::complex<double> sum_; ///< of the parts' means
};

/// The same of an interval of epochs.
struct IntervalFacts {
    void add(const EpochFacts& epoch, bool found) noexcept
    {
        ++epochs;
        is_quiet = is_quiet && !found;
        energy += epoch.energy();
        count += static_cast<double>(epoch.count());
        clipped = std::max(clipped, epoch.clipped());
        has_constant = has_constant || epoch.constant() != std::complex<float>{};
    }

    float power_dbfs() const noexcept
    {
        return static_cast<float>(10.0 * std::log10(std::max(energy / std::max(1.0, count), 1e-20)));
    }

    std::uint64_t start = 0, epochs = 0;
    bool is_quiet = true; ///< nothing was found
    double energy = 0.0, count = 0.0;
    float clipped = 0.0f; ///< of an epoch the most
    bool has_constant = false;
    bool may_be_full = false; ///< of one signal, which leaves no noise to be seen
};

} // namespace prunedamr::stream
