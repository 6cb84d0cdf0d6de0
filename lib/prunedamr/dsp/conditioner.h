// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/resampler.h"

#include <complex>
#include <cstdint>
#include <vector>

namespace prunedamr::dsp {

struct ConditionerConfig {
    double sample_rate_hz = 1.0;
    bool swap_iq = false;      ///< I and Q are exchanged: the spectrum is mirrored
    bool dc_block = false;     ///< the mean of the last 20 ms or so is taken away
    bool iq_balance = false;   ///< the image by unequal I and Q is taken away
    double shift_hz = 0.0;     ///< what is at frequency f comes to f + shift_hz
    double bandwidth_hz = 0.0; ///< above 0: low-pass that passes +-bandwidth_hz / 2, and decimation
};

/// What makes samples of a receiver with faults, or of a part of its band, fit for the classifier, in the order of
/// the fields above. The same samples in any chunks give the same result. Samples that are not finite pass through
/// the steps and leave no trace in what is estimated. Everything is allocated at construction.
class Conditioner
{
public:
    explicit Conditioner(const ConditionerConfig& config);

    /// Output samples are `1 / decimation()` of the input's; output k lies at the time of input k * decimation().
    int decimation() const noexcept { return decimation_; }

    /// In place; returns how many samples there are then.
    std::size_t process(std::complex<float>* samples, std::size_t count) noexcept;

private:
    void block_dc(std::complex<float>* samples, std::size_t count) noexcept;
    void balance(std::complex<float>* samples, std::size_t count) noexcept;
    void update_balance() noexcept;
    void shift(std::complex<float>* samples, std::size_t count) noexcept;
    std::size_t decimate(std::complex<float>* samples, std::size_t count) noexcept;

    const ConditionerConfig config_;

    std::complex<double> mean_;
    std::uint64_t mean_samples_ = 0;
    const double mean_weight_; ///< of one sample, in the long run

    std::complex<double> square_, square_sum_; ///< E z^2, its running sum over a block
    double power_ = 0.0, power_sum_ = 0.0;     ///< E |z|^2
    std::complex<float> image_weight_;
    int balance_samples_ = 0;
    const double balance_weight_; ///< of one block

    std::vector<std::complex<float>> turns_; ///< of the mixer, within a block
    std::size_t mixed_ = 0;                  ///< samples of the block
    double block_cycles_ = 0.0;              ///< the phase at its start
    std::complex<float> block_turn_ = 1.0f;

    int decimation_ = 1;
    PolyphaseFilter filter_;                  ///< without taps: none
    std::vector<std::complex<float>> window_; ///< the last inputs, and room for more
    std::size_t held_ = 0;                    ///< inputs in `window_`, the first of them being of the next output
};

} // namespace prunedamr::dsp
