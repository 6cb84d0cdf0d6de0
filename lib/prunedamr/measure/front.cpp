// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/front.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {

Front::Front(Workspace& space) : space_(space)
{
    const auto bins = static_cast<std::size_t>(space.size(space.max_samples()));
    time_.resize(bins);
    spectrum_.resize(bins);
    power_.resize(bins);
    density_.resize(bins);
}

bool Front::load(const Piece* pieces, std::size_t count, const RoughBand& band) noexcept
{
    samples_ = 0;
    double power = 0.0;
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t n = 0; n < pieces[i].count && samples_ < space_.max_samples(); ++n) {
            time_[samples_] = pieces[i].samples[n];
            power += static_cast<double>(std::norm(time_[samples_++]));
        }
    power /= std::max(1, samples_);
    if (samples_ < 64 || !std::isfinite(power) || power <= 0.0 || !(band.bandwidth > 0.0) || !std::isfinite(band.center))
        return false;
    const auto scale = static_cast<float>(1.0 / std::sqrt(power));
    for (int n = 0; n < samples_; ++n)
        time_[n] *= scale;
    bins_ = space_.size(samples_);
    std::fill(time_.begin() + samples_, time_.begin() + bins_, Complex());
    bandwidth_ = std::clamp(band.bandwidth, 8.0 / samples_, 0.98);
    passband_ = band.passband;
    const int turn = static_cast<int>(std::lround(wrap(band.center) * bins_));
    center_ = static_cast<double>(turn) / bins_;
    space_.forward(bins_, time_.data(), space_.a.data());
    for (int k = 0; k < bins_; ++k) {
        spectrum_[k] = space_.a[((k - bins_ / 2 + turn) % bins_ + bins_) % bins_];
        power_[k] = std::norm(spectrum_[k]) / samples_;
    }
    const double bins_per_sample = static_cast<double>(bins_) / samples_;
    smoothed_ = static_cast<int>(std::max(5.0 * bins_per_sample, bandwidth_ * bins_ / 40.0)) | 1;
    smooth_circular(power_.data(), density_.data(), bins_, smoothed_);
    find_band();
    return true;
}

void Front::find_band() noexcept
{
    const float* s = density_.data();
    const int inner = bin(-0.35 * bandwidth_), inner_end = bin(0.35 * bandwidth_) + 1;
    plateau_ = quantile(space_, s + inner, inner_end - inner, 0.5);
    // The noise beside the band; where there is nothing beside it, the lowest density.
    const int left = bin(-0.9 * bandwidth_), right = bin(0.9 * bandwidth_) + 1;
    float* outside = space_.u.data();
    int count = 0;
    if (1.8 * bandwidth_ < 1.0) {
        for (int k = 0; k < bins_; ++k)
            if ((k < left || k >= right) && std::fabs(wrap(offset(k) + center_)) <= 0.5 * passband_)
                outside[count++] = s[k];
    }
    const bool visible = count > bandwidth_ * bins_ / 10.0 && count > 20;
    // Of means of `averaged` exponentially distributed values (Wilson and Hilferty, 1931).
    const double averaged = std::max(1.0, static_cast<double>(smoothed_) * samples_ / bins_);
    const double root = 1.0 - 1.0 / (9.0 * averaged) - 0.524 / (3.0 * std::sqrt(averaged));
    floor_ = visible ? quantile(space_, outside, count, 0.3) / (root * root * root) : *std::min_element(s, s + bins_);
    floor_ = std::max(floor_, 0.002 * plateau_);

    const int first = left, last = right - 1;
    float* above = space_.u.data();
    for (int k = first; k <= last; ++k)
        above[k - first] = std::max(0.0f, s[k] - static_cast<float>(floor_));
    const float tall = 0.25f * quantile(space_, above, last - first + 1, 0.9);
    float* picked = space_.v.data();
    int picks = 0;
    for (int k = first; k <= last; ++k)
        if (above[k - first] > tall)
            picked[picks++] = above[k - first];
    const float level = quantile(space_, picked, picks, 0.5);
    double weight = 0.0, moment = 0.0;
    int wide = 0;
    for (int k = first; k <= last; ++k) {
        const double power = std::min(above[k - first], level);
        if (power <= 0.5 * level)
            continue;
        ++wide;
        weight += power;
        moment += power * offset(k);
    }
    half_width_ = std::max(wide, 1) / static_cast<double>(bins_);
    centroid_ = weight > 0.0 ? moment / weight : 0.0;
}

double Front::snr_db() const noexcept
{
    return 10.0 * std::log10(std::max(1e-3, plateau_ / floor_ - 1.0));
}

int Front::bin(double offset) const noexcept
{
    return std::clamp(static_cast<int>(std::lround(offset * bins_)) + bins_ / 2, 0, bins_ - 1);
}

void Front::extract(int first, int last, int middle, const float* weight, int size, Complex* out) const noexcept
{
    Complex* in = space_.a.data();
    std::fill(in, in + size, Complex());
    const float scale = 1.0f / static_cast<float>(bins_);
    const int low = std::max(first, middle - size / 2), high = std::min(last, middle + size / 2 - 1);
    for (int k = low; k <= high; ++k)
        in[k < middle ? k - middle + size : k - middle] = spectrum_[k] * (weight[k] * scale);
    space_.backward(size, in, out);
}

int Front::resampled(int size) const noexcept
{
    return std::min(size, static_cast<int>(static_cast<double>(samples_) * size / bins_));
}

} // namespace prunedamr::measure
