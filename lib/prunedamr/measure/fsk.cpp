// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/fsk.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr int kMinFskSymbols = 12;

} // namespace

Fsk::Fsk(Workspace& space)
    : space_(space), comb_(space), mask_(space.a.size()), phase_(space.a.size() + 1), advance_(space.a.size()),
      level_(space.a.size())
{
}

/// The band that holds 99 % of the power over the floor, times 1.4, at about eight samples per band: its discriminator
/// in space.v, cycles per sample at the new rate.
void Fsk::channel(const Front& front) noexcept
{
    const int bins = front.bins(), first = front.bin(-0.9 * front.bandwidth()), last = front.bin(0.9 * front.bandwidth());
    float* s = space_.u.data();
    smooth_circular(front.periodogram(), s, bins,
                    std::max(5 * bins / front.samples(), static_cast<int>(front.bandwidth() * bins / 100.0)));
    float top = 0.0f;
    for (int k = first; k <= last; ++k)
        top = std::max(top, s[k] = std::max(0.0f, s[k] - static_cast<float>(1.3 * front.floor())));
    double sum = 0.0;
    for (int k = first; k <= last; ++k)
        sum += s[k] = s[k] < 0.01f * top ? 0.0f : s[k];
    int low = first, high = last;
    double part = 0.0;
    for (int k = first; k <= last; ++k) {
        part += s[k];
        if (part < 0.01 * sum)
            low = k + 1;
        if (part <= 0.99 * sum)
            high = std::min(last, k + 1);
    }
    band_ = std::max(static_cast<double>(high - low) / bins, 4.0 / front.samples());
    const int middle = (low + high) / 2;
    middle_ = front.offset(middle);
    const double flat = 0.7 * band_, edge = 0.2 * band_;
    const int left = std::max(0, middle - static_cast<int>((flat + edge) * bins)),
              right = std::min(bins - 1, middle + static_cast<int>((flat + edge) * bins));
    for (int k = left; k <= right; ++k) {
        const double x = std::clamp((flat + edge - std::fabs(front.offset(k) - middle_)) / edge, 0.0, 1.0);
        mask_[k] = static_cast<float>(0.5 - 0.5 * std::cos(M_PI * x));
    }
    const int size = space_.size(8.0 * band_ * bins);
    front.extract(left, right, middle, mask_.data(), size, space_.b.data());
    ratio_ = static_cast<double>(size) / bins;
    band_ /= ratio_;
    count_ = front.resampled(size) - 1;
    double mean = 0.0, square = 0.0;
    for (int n = 0; n < count_; ++n) {
        const double power = std::norm(space_.b[n]);
        mean += std::sqrt(power);
        square += power;
    }
    mean /= count_;
    envelope_variation_ = std::sqrt(std::max(0.0, square / count_ - mean * mean)) / std::max(mean, 1e-30);
    phase_steps(space_.b.data(), count_, space_.v.data());
    const auto limit = static_cast<float>(0.8 * band_);
    for (int n = 0; n < count_; ++n)
        space_.v[n] = std::clamp(space_.v[n], -limit, limit);
}

CombLine Fsk::edge_rate(double max_rate) noexcept
{
    const float* f = space_.v.data();
    comb_.find(f, count_, quantile(space_, f, count_, 0.08), quantile(space_, f, count_, 0.92), 0.25);
    return comb_.search(count_, max_rate, 10, false);
}

/// Lines of the squared discriminator behind a bank of low-pass filters: for many tones and noisy edges.
Fsk::BankLine Fsk::bank() noexcept
{
    const int bins = space_.size(count_);
    float* f = space_.v.data();
    double mean = 0.0;
    for (int n = 0; n < count_; ++n)
        mean += f[n];
    mean /= count_;
    for (int n = 0; n < count_; ++n)
        space_.a[n] = f[n] - static_cast<float>(mean);
    std::fill(space_.a.begin() + count_, space_.a.begin() + bins, Complex());
    Complex* spectrum = space_.c.data();
    space_.forward(bins, space_.a.data(), spectrum);
    float* power = space_.u.data();
    for (int k = 0; k < bins; ++k)
        power[k] = std::norm(spectrum[k]) / count_;
    Best<BankLine, 24> found;
    const double top = std::min(band_ / 0.75, 0.45);
    for (double cut = std::max(band_ / 36.0, static_cast<double>(kMinFskSymbols) / count_); cut < top; cut *= 1.5) {
        float* s = space_.w.data();
        smooth_circular(power, s, bins, std::max(3, static_cast<int>(cut * bins / 12.0)));
        const int reach = std::min(static_cast<int>(cut * bins), bins / 2 - 1);
        const float guard = 0.003f * quantile(space_, s, reach + 1, 0.8);
        const int size = space_.size(std::max<double>(LineNoise::kCells, 4.2 * cut * bins));
        const double ratio = static_cast<double>(size) / bins;
        Complex* in = space_.a.data();
        std::fill(in, in + size, Complex());
        noise_.clear();
        for (int k = 0; k <= reach; ++k) {
            const float gain = 1.0f / std::sqrt(s[k] + guard);
            in[k] = spectrum[k] * (gain / static_cast<float>(bins));
            noise_.add(k, size, s[k] * gain * gain);
            if (k > 0) {
                in[size - k] = std::conj(in[k]);
                noise_.add(-k, size, s[k] * gain * gain);
            }
        }
        space_.backward(size, in, space_.b.data());
        const int count = std::min(size, static_cast<int>(count_ * ratio)), padded = space_.size(2.0 * count);
        double average = 0.0;
        for (int n = 0; n < count; ++n)
            average += static_cast<double>(space_.b[n].real()) * space_.b[n].real();
        average /= count;
        for (int n = 0; n < count; ++n)
            in[n] = space_.b[n].real() * space_.b[n].real() - static_cast<float>(average);
        std::fill(in + count, in + padded, Complex());
        space_.forward(padded, in, space_.b.data());
        noise_.expect(space_, LineNoise::Square::real, count, bins);
        const double cutoff = cut / ratio;
        const int first = static_cast<int>(0.95 * cutoff * padded), last = std::min(static_cast<int>(1.5 * cutoff * padded), padded / 2 - 2);
        if (last - first < 8)
            continue;
        const int width = std::clamp((last - first) / 6, 16, 400);
        const int begin = std::max(1, first - 2 * width), end = std::min(padded / 2, last + 2 * width);
        float* t = space_.w.data();
        for (int k = begin; k < end; ++k)
            t[k - begin] = static_cast<float>(std::norm(space_.b[k]) / noise_.at(static_cast<double>(k) / padded));
        flatten(space_, t, end - begin, width);
        for (int k = first; k < last; ++k) {
            const float* at = t + (k - begin);
            if (at[0] < at[-1] || at[0] <= at[1])
                continue;
            BankLine line;
            line.rate = (k + parabola(at[-1], at[0], at[1])) / padded * ratio;
            line.strength = at[0];
            line.score = line.strength - std::log(0.5 * (last - first));
            found.offer(line.score, line);
        }
    }
    return lowest_of(found);
}

/// The lowest of the strong lines that the best one is a multiple of.
Fsk::BankLine Fsk::lowest_of(const Best<BankLine, 24>& lines) const noexcept
{
    if (lines.count == 0)
        return {};
    const BankLine& best = lines.items[0];
    BankLine chosen = best;
    for (int i = 1; i < lines.count; ++i) {
        const BankLine& line = lines.items[i];
        const double multiple = best.rate / line.rate;
        if (line.rate < 0.98 * best.rate && line.rate < chosen.rate && line.score > std::max(6.0, 0.12 * best.strength) &&
            std::fabs(multiple - std::round(multiple)) < 0.03)
            chosen = line;
    }
    return chosen;
}

bool Fsk::rate(double other, FskNumbers& numbers) noexcept
{
    CombLine comb = edge_rate(std::min(1.6 * band_, 0.45));
    BankLine line;
    if (comb.share < 0.6 || comb.score <= 8.0) {
        line = bank();
        if (line.score > 6.0) { // noisy edges: look again behind a filter of 0.4 symbols
            const int length = static_cast<int>(0.4 / line.rate) | 1;
            float* f = space_.v.data();
            float* smooth = space_.w.data();
            if (length >= 3) {
                smooth_circular(f, smooth, count_, length);
                comb_.find(smooth, count_, quantile(space_, smooth, count_, 0.08), quantile(space_, smooth, count_, 0.92), 0.25);
                const CombLine again = comb_.search(count_, std::min(std::min(band_, 0.75 * line.rate), 0.45), 10, false);
                if (again.score > comb.score)
                    comb = again;
                else
                    edge_rate(std::min(1.6 * band_, 0.45));
            }
        }
    }
    numbers.edges = comb_.count();
    if (comb.score > 8.0 && (comb.share > 0.55 || (comb.share > 0.4 && comb.score > 0.25 * line.score))) {
        numbers.rate = comb_.refine(comb.rate, count_);
        numbers.score = comb.score;
        numbers.rate_error = 0.39 / (count_ * std::sqrt(std::max(1.0, comb.strength)));
    } else if (line.score > 6.0) {
        numbers.rate = line.rate;
        numbers.score = line.score;
        numbers.rate_error = 0.39 / (count_ * std::sqrt(std::max(1.0, line.strength)));
        const double own = comb_.share(line.rate);
        for (int part = 8; comb_.count() > 12 && part >= 2; --part) { // a lower rate may be the better comb
            const double share = comb_.share(line.rate / part);
            if (share > 0.45 && share > 0.75 * own && share * share * comb_.count() > 9.0 && line.rate / part > 8.0 / count_) {
                numbers.rate = line.rate / part;
                break;
            }
        }
    } else if (other > 0.0) {
        numbers.rate = other / ratio_;
        numbers.score = 9.0;
        numbers.rate_error = 0.2 / count_;
    }
    return numbers.rate > 0.0;
}

FskNumbers Fsk::measure(const Front& front, double other_rate, double max_variation) noexcept
{
    FskNumbers numbers;
    channel(front);
    numbers.envelope_variation = envelope_variation_;
    if (envelope_variation_ > max_variation)
        return numbers;
    if (!rate(other_rate, numbers))
        return numbers;
    const int symbols = advances(numbers.rate);
    numbers.symbols = symbols;
    const double rate = numbers.rate * ratio_;
    Fit best;
    for (const int tones : { 2, 4, 8 }) {
        if (symbols < kMinFskSymbols)
            break;
        const Fit next = fit(symbols, tones);
        // More tones must all be used, and leave less.
        const bool is_better = !best.is_valid || (next.least_used > 0.25 / tones && next.residual < 0.62 * best.residual && next.eye < 0.2);
        if (!next.is_valid || !is_better)
            continue;
        best = next;
        numbers.tones = tones;
    }
    if (best.is_valid) {
        // Wrong decisions, which grow with the noise, flatten the slope.
        const double right = 1.0 - 2.0 * normal_tail(0.5 / best.eye);
        numbers.index = 2.0 * best.slope / std::max(0.5, right);
        numbers.index_error = 2.0 * best.slope_error;
        numbers.carrier = middle_ + best.center * rate;
        numbers.carrier_error = best.residual * rate / std::sqrt(static_cast<double>(symbols));
        const double own = best.slope - 2.0 * best.near - 2.0 * best.far;
        numbers.shape = best.near / own;
        numbers.eye = best.eye;
        numbers.is_alternating = best.alternation < -0.9;
    }
    numbers.rate = rate;
    numbers.rate_error *= ratio_;
    numbers.is_accepted = best.is_valid && numbers.score > 6.0 && numbers.eye < 0.25 &&
                          numbers.edges >= 8;
    return numbers;
}

} // namespace prunedamr::measure
