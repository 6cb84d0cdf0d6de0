// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/conditioner.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/dsp/windowed_sinc.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::dsp {
namespace {

constexpr double kDcTimeS = 0.02; ///< a notch 8 Hz wide
constexpr double kBalanceTimeS = 0.5;
constexpr int kBalanceBlock = 4096; ///< samples between updates of the balance
constexpr double kMaxImage = 0.18;  ///< of |E z^2| to E |z|^2: beyond it a signal is improper, not the receiver
constexpr std::size_t kMixerBlock = 1024;
constexpr std::size_t kRoom = 4096; ///< inputs that one step of the filter takes
constexpr double kConditionerStopBandDb = 70.0;
constexpr double kSpareRate = 1.25;  ///< output rate over bandwidth, at least
constexpr double kTransition = 0.25; ///< of the filter, relative to the bandwidth

bool is_finite(std::complex<float> x) noexcept
{
    return std::isfinite(x.real()) && std::isfinite(x.imag());
}

/// One phase of symmetric taps with gain 1 at zero frequency; before them a zero makes their number even.
PolyphaseFilter low_pass(double bandwidth) ///< cycles per sample, of both sides together
{
    const double width = kTransition * bandwidth;
    const auto half = static_cast<int>(std::ceil((kConditionerStopBandDb - 7.95) / (2.285 * 2.0 * M_PI * width) / 2.0));
    const double cutoff = 0.5 * (bandwidth + width);
    const auto window = KaiserWindow::for_stop_band_db(kConditionerStopBandDb);
    std::vector<double> response = { 0.0 };
    for (int i = -half; i <= half; ++i)
        response.push_back(sinc(2.0 * M_PI * cutoff * i) * window(static_cast<double>(i) / (half + 1)));
    const double sum = std::accumulate(response.begin(), response.end(), 0.0);
    PolyphaseFilter filter;
    filter.taps = static_cast<int>(response.size());
    for (const double value : response)
        filter.rows.insert(filter.rows.end(), 2, static_cast<float>(value / sum));
    return filter;
}

/// samples[i] *= turns[i] * by
PRUNEDAMR_VECTOR_CLONES
void turn(std::complex<float>* samples, const std::complex<float>* turns, std::complex<float> by,
          std::size_t count) noexcept
{
    auto* x = reinterpret_cast<float*>(samples);
    const auto* t = reinterpret_cast<const float*>(turns);
    const float by_re = by.real(), by_im = by.imag();
    for (std::size_t i = 0; i < 2 * count; i += 2) {
        const float re = t[i] * by_re - t[i + 1] * by_im, im = t[i] * by_im + t[i + 1] * by_re;
        const float sample = x[i];
        x[i] = sample * re - x[i + 1] * im;
        x[i + 1] = sample * im + x[i + 1] * re;
    }
}

} // namespace

Conditioner::Conditioner(const ConditionerConfig& config)
    : config_(config), mean_weight_(std::min(1.0, 1.0 / (kDcTimeS * config.sample_rate_hz))),
      balance_weight_(std::min(1.0, kBalanceBlock / (kBalanceTimeS * config.sample_rate_hz)))
{
    if (config.shift_hz != 0.0)
        for (std::size_t k = 0; k < kMixerBlock; ++k)
            turns_.push_back(static_cast<std::complex<float>>(
                std::polar(1.0, 2.0 * M_PI * static_cast<double>(k) * config.shift_hz / config.sample_rate_hz)));
    const double bandwidth = config.bandwidth_hz / config.sample_rate_hz;
    if (bandwidth <= 0.0 || bandwidth * (1.0 + 2.0 * kTransition) >= 1.0)
        return; // all of the band
    decimation_ = std::max(1, static_cast<int>(1.0 / (kSpareRate * bandwidth)));
    filter_ = low_pass(bandwidth);
    window_.resize(static_cast<std::size_t>(filter_.taps) + kRoom);
    held_ = static_cast<std::size_t>(filter_.taps) / 2; // zeros before the stream: there is no delay
}

std::size_t Conditioner::process(std::complex<float>* samples, std::size_t count) noexcept
{
    if (config_.swap_iq)
        for (std::size_t i = 0; i < count; ++i)
            samples[i] = { samples[i].imag(), samples[i].real() };
    if (config_.dc_block)
        block_dc(samples, count);
    if (config_.iq_balance)
        balance(samples, count);
    if (!turns_.empty())
        shift(samples, count);
    return filter_.taps == 0 ? count : decimate(samples, count);
}

/// A one-pole average; at the start it is that of all samples so far.
void Conditioner::block_dc(std::complex<float>* samples, std::size_t count) noexcept
{
    for (std::size_t i = 0; i < count; ++i) {
        const std::complex<float> x = samples[i];
        if (is_finite(x)) {
            double weight = mean_weight_;
            if (static_cast<double>(mean_samples_) * mean_weight_ < 1.0)
                weight = std::max(weight, 1.0 / static_cast<double>(++mean_samples_));
            mean_ += weight * (std::complex<double>(x) - mean_);
        }
        samples[i] = x - std::complex<float>(mean_);
    }
}

/// z + w z* with the w that makes E z^2 = 0, which holds of any signal that is not all on one line through zero at
/// a standing phase (M. Valkama et al., IEEE Trans. Signal Processing 49(10), 2001, for the image as interference).
void Conditioner::balance(std::complex<float>* samples, std::size_t count) noexcept
{
    while (count > 0) {
        const auto taken = std::min(count, static_cast<std::size_t>(kBalanceBlock - balance_samples_));
        for (std::size_t i = 0; i < taken; ++i) {
            const std::complex<double> z = samples[i];
            square_sum_ +=
                std::complex<double>(z.real() * z.real() - z.imag() * z.imag(), 2.0 * z.real() * z.imag());
            power_sum_ += z.real() * z.real() + z.imag() * z.imag();
            const auto [re, im] = std::pair(samples[i].real(), samples[i].imag());
            const float wr = image_weight_.real(), wi = image_weight_.imag();
            samples[i] = { re + wr * re + wi * im, im + wi * re - wr * im };
        }
        samples += taken;
        count -= taken;
        balance_samples_ += static_cast<int>(taken);
        if (balance_samples_ == kBalanceBlock)
            update_balance();
    }
}

void Conditioner::update_balance() noexcept
{
    if (std::isfinite(power_sum_)) {
        const double weight = power_ == 0.0 ? 1.0 : balance_weight_;
        square_ += weight * (square_sum_ - square_);
        power_ += weight * (power_sum_ - power_);
        const double improper = std::abs(square_);
        if (power_ > 0.0 && improper > 0.0 && improper < kMaxImage * power_) {
            const double size = (power_ - std::sqrt(power_ * power_ - improper * improper)) / improper;
            image_weight_ = static_cast<std::complex<float>>(-size * square_ / improper);
        }
    }
    square_sum_ = power_sum_ = 0.0;
    balance_samples_ = 0;
}

/// By a table within a block of samples, and the phase at the block's start.
void Conditioner::shift(std::complex<float>* samples, std::size_t count) noexcept
{
    for (std::size_t done = 0; done < count;) {
        if (mixed_ == kMixerBlock) {
            mixed_ = 0;
            block_cycles_ = std::fmod(block_cycles_ + kMixerBlock * config_.shift_hz / config_.sample_rate_hz, 1.0);
            block_turn_ = static_cast<std::complex<float>>(std::polar(1.0, 2.0 * M_PI * block_cycles_));
        }
        const std::size_t taken = std::min(count - done, kMixerBlock - mixed_);
        turn(samples + done, turns_.data() + mixed_, block_turn_, taken);
        mixed_ += taken;
        done += taken;
    }
}

/// Output k is centered on input k * decimation: what is written never passes what is read.
std::size_t Conditioner::decimate(std::complex<float>* samples, std::size_t count) noexcept
{
    const auto taps = static_cast<std::size_t>(filter_.taps), step = static_cast<std::size_t>(decimation_);
    const std::uint64_t stride = static_cast<std::uint64_t>(step) << kPolyphaseFractionBits;
    std::size_t made = 0;
    for (std::size_t done = 0; done < count;) {
        const std::size_t taken = std::min(count - done, window_.size() - held_);
        std::copy_n(samples + done, taken, window_.data() + held_);
        done += taken;
        held_ += taken;
        if (held_ < taps)
            continue;
        const std::size_t outputs = (held_ - taps) / step + 1;
        run_polyphase(filter_, stride, window_.data() + taps - 1, 0, static_cast<int>(outputs), samples + made);
        made += outputs;
        std::copy(window_.data() + outputs * step, window_.data() + held_, window_.data()); // less than the filter
        held_ -= outputs * step;
    }
    return made;
}

} // namespace prunedamr::dsp
