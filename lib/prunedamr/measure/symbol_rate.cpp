// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/symbol_rate.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {

void LineNoise::clear() noexcept
{
    std::fill(density_, density_ + kCells, Complex());
}

void LineNoise::add(int k, int size, float power) noexcept
{
    const auto cell = static_cast<int>(std::lround(static_cast<double>(k) * kCells / size));
    density_[(cell % kCells + kCells) % kCells] += power;
}

void LineNoise::expect(const Workspace& space, Square square, int count, int bins) noexcept
{
    // count x integral of density(f + a) density(+-f) df; a cell holds the sum of its bins.
    const double scale = (square == Square::envelope ? 1.0 : 2.0) * count / (static_cast<double>(bins) * bins);
    space.forward(kCells, density_, scratch_);
    for (auto& value : scratch_)
        value = square == Square::envelope ? Complex(std::norm(value)) : value * value;
    alignas(64) Complex correlation[kCells];
    space.backward(kCells, scratch_, correlation);
    float top = 1e-30f;
    for (int k = 0; k < kCells; ++k) {
        expected_[k] = static_cast<float>(correlation[k].real() * scale);
        top = std::max(top, expected_[k]);
    }
    for (float& value : expected_)
        value = std::max(value, 0.02f * top);
}

double LineNoise::at(double frequency) const noexcept
{
    const double at = (frequency - std::floor(frequency)) * kCells;
    const int k = static_cast<int>(at);
    const double fraction = at - k;
    return (1.0 - fraction) * expected_[k % kCells] + fraction * expected_[(k + 1) % kCells];
}

namespace {

constexpr double kLow = 0.55, kHigh = 1.9; // rates searched, in half-power widths
constexpr double kLowConjugate = 0.62;    // of conjugate lines, which pi/2-BPSK has at half its rate
constexpr double kLobe = 1.05;             // half of the band used: one main lobe, or the lines of lobes cancel
constexpr int kPairs = 10;                 // lines of the squared signal that are paired

} // namespace

double SymbolRate::log_prior(double ratio) noexcept
{
    const double x = std::log(std::max(ratio, 1e-9));
    const double narrow = x / 0.05, broad = x / 0.30;
    return std::log(0.5 * std::exp(-0.5 * narrow * narrow) * 6.0 + 0.5 * std::exp(-0.5 * broad * broad) + 1e-4);
}

/// Fills the filter, and the density behind it around the centroid at the new rate.
void SymbolRate::filter(const Front& front) noexcept
{
    const int middle = front.bin(front.centroid());
    const int first = std::max(front.bin(-0.9 * front.bandwidth()), front.bin(front.centroid() - kLobe * front.half_width()));
    const int last = std::min(front.bin(0.9 * front.bandwidth()), front.bin(front.centroid() + kLobe * front.half_width()));
    // Four widths, so that neither lines nor conjugate lines meet an alias.
    const int size = space_.size(std::max<double>(LineNoise::kCells, 4.2 * front.half_width() * front.bins()));
    std::fill(filter_.begin(), filter_.begin() + front.bins(), 0.0f);
    noise_.clear();
    const auto floor = static_cast<float>(front.floor()), guard = static_cast<float>(0.003 * front.plateau());
    for (int k = first; k <= last; ++k) {
        const float s = front.density()[k], signal = std::max(0.0f, s - floor);
        filter_[k] = std::sqrt(signal) / (s + guard);
        noise_.add(k - middle, size, s * filter_[k] * filter_[k]);
    }
    front.extract(first, last, middle, filter_.data(), size, space_.b.data());
    ratio_ = static_cast<double>(size) / front.bins();
    width_ = front.half_width() / ratio_;
}

/// Lines of |y|^2 of y = space.b; leaves them, flattened, in space.u, and |y|^2 in space.v.
void SymbolRate::search_envelope(int count, int padded) noexcept
{
    double mean = 0.0;
    for (int n = 0; n < count; ++n)
        mean += space_.v[n] = std::norm(space_.b[n]);
    mean /= count;
    Complex* in = space_.a.data();
    for (int n = 0; n < count; ++n)
        in[n] = space_.v[n] -= static_cast<float>(mean);
    std::fill(in + count, in + padded, Complex());
    space_.forward(padded, in, space_.c.data());

    const int first = std::max(4, static_cast<int>(kLow * width_ * padded));
    const int last = std::min(static_cast<int>(kHigh * width_ * padded), padded / 2 - 4);
    const int width = std::clamp((last - first) / 12, 24, 400);
    const int begin = std::max(1, first - 2 * width), end = std::min(padded / 2, last + 2 * width);
    for (int k = begin; k < end; ++k)
        space_.u[k - begin] = static_cast<float>(std::norm(space_.c[k]) / noise_.at(static_cast<double>(k) / padded));
    flatten(space_, space_.u.data(), end - begin, width);
    lines_ = { space_.u.data() + (first - begin), std::max(0, last - first + 1),
               static_cast<double>(first) / padded * ratio_, ratio_ / padded };

    const double trials = std::log(std::max(2.0, 0.5 * (last - first)));
    for (int k = first; k <= last; ++k) {
        const float* t = space_.u.data() + (k - begin);
        if (t[0] < t[-1] || t[0] <= t[1])
            continue;
        const double rate = static_cast<double>(k) / padded;
        const double score = static_cast<double>(t[0]) - trials + log_prior(rate / width_);
        if (score > best_.score)
            best_ = { false, rate, 0.0, 0.0, t[0], score };
    }
}

/// Pairs of lines of y^2, y = space.b, whose middle is near twice the band's center.
void SymbolRate::search_conjugate(int count, int padded) noexcept
{
    Complex* in = space_.a.data();
    for (int n = 0; n < count; ++n)
        in[n] = space_.b[n] * space_.b[n];
    std::fill(in + count, in + padded, Complex());
    space_.forward(padded, in, space_.c.data());
    const int reach = std::min(static_cast<int>(1.95 * width_ * padded), padded / 2 - 2);
    float* t = space_.w.data();
    for (int k = -reach; k <= reach; ++k)
        t[k + reach] = static_cast<float>(std::norm(space_.c[k < 0 ? k + padded : k]) /
                                          noise_.at(static_cast<double>(k) / padded));
    flatten(space_, t, 2 * reach + 1, std::clamp(reach / 12, 24, 400));
    Best<int, kPairs> peaks;
    for (int k = 1; k < 2 * reach; ++k)
        if (t[k] >= t[k - 1] && t[k] > t[k + 1])
            peaks.offer(t[k], k);
    const double places = std::max(2.0, reach * 0.15 * width_ * count);
    for (int i = 0; i < peaks.count; ++i)
        for (int j = 0; j < i; ++j) {
            const double f1 = static_cast<double>(std::min(peaks.items[i], peaks.items[j]) - reach) / padded;
            const double f2 = static_cast<double>(std::max(peaks.items[i], peaks.items[j]) - reach) / padded;
            const double rate = 0.5 * (f2 - f1), carrier = 0.25 * (f1 + f2);
            if (rate < kLowConjugate * width_ || rate > kHigh * width_ || std::fabs(carrier) > 0.2 * width_)
                continue;
            const double off = carrier / (0.06 * width_);
            const double strength = 2.0 * peaks.keys[i] + 0.25 * (peaks.keys[j] - peaks.keys[i]); // i is the weaker
            const double score = strength - std::log(places) - std::log1p(strength) + log_prior(rate / width_) - 0.5 * off * off;
            if (score > best_.score)
                best_ = { true, rate, f1, f2, strength, score };
        }
}

/// Middle of the correlation between the spectrum half a rate above and half a rate below: H(f + rate / 2)
/// H*(f - rate / 2) is symmetric about the carrier, and stays so where an echo tilts the spectrum.
double SymbolRate::correlation_center(const Front& front, double rate) const noexcept
{
    constexpr int kCells = 64;
    constexpr double kReach = 0.35, kWindow = 0.22; // symbol rates
    const int apart = static_cast<int>(std::lround(rate * front.bins())), half = apart / 2;
    const double middle = front.centroid();
    std::complex<double> cell[kCells], total;
    for (int k = front.bin(middle - kReach * rate); k <= front.bin(middle + kReach * rate); ++k) {
        const int low = k - half, high = low + apart;
        if (low < 0 || high >= front.bins())
            continue;
        const Complex product = front.spectrum()[high] * std::conj(front.spectrum()[low]) * (filter_[high] * filter_[low]);
        const double u = (0.5 * (front.offset(low) + front.offset(high)) - middle) / rate;
        cell[std::clamp(static_cast<int>((u / kReach + 1.0) * 0.5 * kCells), 0, kCells - 1)] += product;
        total += product;
    }
    const auto back = std::conj(total) / std::max(std::abs(total), 1e-30);
    double overlap[kCells] = {};
    int top = 0;
    for (int i = 0; i < kCells; ++i) {
        for (int j = 0; j < kCells; ++j) {
            const double x = (i - j) * 2.0 * kReach / kCells / kWindow;
            if (std::fabs(x) < 1.0)
                overlap[i] += (cell[j] * back).real() * (1.0 + std::cos(M_PI * x));
        }
        if (overlap[i] > overlap[top])
            top = i;
    }
    double at = top;
    if (top > 0 && top < kCells - 1)
        at += parabola(overlap[top - 1], overlap[top], overlap[top + 1]);
    return middle + ((at + 0.5) / kCells * 2.0 - 1.0) * kReach * rate;
}

RateLine SymbolRate::refined(const Front& front, const Candidate& best, int count) noexcept
{
    RateLine line;
    line.is_conjugate = best.is_conjugate;
    line.strength = best.strength;
    line.score = best.score;
    double rate = best.rate;
    const double middle = front.offset(front.bin(front.centroid()));
    line.carrier = middle;
    if (!best.is_conjugate) {
        rate = refine_line(space_.v.data(), count, rate);
    } else {
        Complex* squared = space_.a.data();
        for (int n = 0; n < count; ++n)
            squared[n] = space_.b[n] * space_.b[n];
        const double f1 = refine_line(squared, count, best.low), f2 = refine_line(squared, count, best.high);
        rate = 0.5 * (f2 - f1);
        line.carrier = middle + 0.25 * (f1 + f2) * ratio_;
        const double p1 = std::arg(line_at(squared, count, f1)), p2 = std::arg(line_at(squared, count, f2));
        line.offset_timing = (p1 - p2) / (4.0 * M_PI);
        line.offset_timing -= std::floor(line.offset_timing);
        line.phase = 0.25 * (p1 + p2);
    }
    line.timing = -std::arg(line_at(space_.v.data(), count, rate)) / (2.0 * M_PI);
    line.timing -= std::floor(line.timing);
    line.rate = rate * ratio_;
    if (!best.is_conjugate)
        line.carrier = correlation_center(front, line.rate);
    line.rate_error = 0.39 * ratio_ / (count * std::sqrt(std::max(1.0, best.strength)));
    return line;
}

RateLine SymbolRate::at(const Front& front, double rate) noexcept
{
    filter(front);
    const int count = front.resampled(static_cast<int>(std::lround(ratio_ * front.bins())));
    for (int n = 0; n < count; ++n)
        space_.v[n] = std::norm(space_.b[n]);
    RateLine line;
    line.rate = rate;
    line.carrier = correlation_center(front, rate);
    line.timing = -std::arg(line_at(space_.v.data(), count, rate / ratio_)) / (2.0 * M_PI);
    line.timing -= std::floor(line.timing);
    return line;
}

RateLine SymbolRate::find(const Front& front) noexcept
{
    filter(front);
    const int size = static_cast<int>(std::lround(ratio_ * front.bins()));
    const int count = front.resampled(size), padded = space_.size(2.0 * count);
    best_ = { false, width_, 0.0, 0.0, 0.0, -9.0 };
    noise_.expect(space_, LineNoise::Square::envelope, count, front.bins());
    search_envelope(count, padded);
    noise_.expect(space_, LineNoise::Square::square, count, front.bins());
    search_conjugate(count, padded);
    return refined(front, best_, count);
}

namespace {

constexpr double kTrackLow = 0.6, kTrackHigh = 1.7; // half-power widths kept: narrower than searched, since widths vary

/// -ln of the probability that a sum of `count` exponential values of mean 1 exceeds `sum`.
double surprise(int count, double sum) noexcept
{
    double term = 1.0, total = 1.0; // sum^k / k!, over the largest so far
    double scale = 0.0;
    for (int k = 1; k < count; ++k) {
        term *= sum / k;
        total += term;
        if (total > 1e100) {
            term *= 1e-100;
            total *= 1e-100;
            scale += 100.0 * M_LN10;
        }
    }
    return sum - std::log(total) - scale;
}

} // namespace

LineTrack::LineTrack(int max_samples) : sum_(static_cast<std::size_t>(2 * max_samples)) {}

void LineTrack::clear() noexcept
{
    decisions_ = 0;
}

void LineTrack::add(const LineSpectrum& lines, int samples, double half_width) noexcept
{
    if (decisions_ > 0 && std::fabs(half_width / half_width_ - 1.0) > 0.2)
        clear();
    if (decisions_ == 0) {
        half_width_ = half_width;
        first_ = kTrackLow * half_width;
        step_ = 1.0 / (2.5 * samples);
        cells_ = std::min(static_cast<int>((kTrackHigh - kTrackLow) * half_width / step_) + 1, static_cast<int>(sum_.size()));
        std::fill(sum_.begin(), sum_.begin() + cells_, 0.0f);
    }
    for (int i = 0; i < cells_; ++i) {
        const double at = (first_ + i * step_ - lines.first) / lines.step;
        const int k = static_cast<int>(std::floor(at));
        if (k < 0 || k + 1 >= lines.count) {
            sum_[i] += 1.0f; // not looked at there: as noise
            continue;
        }
        const auto fraction = static_cast<float>(at - k);
        sum_[i] += lines.strength[k] + fraction * (lines.strength[k + 1] - lines.strength[k]);
    }
    ++decisions_;
}

LineTrack::Line LineTrack::best() const noexcept
{
    Line line;
    const double places = std::log(std::max(2.0, 0.5 * cells_));
    for (int i = 1; i + 1 < cells_; ++i) {
        if (sum_[i] < sum_[i - 1] || sum_[i] <= sum_[i + 1])
            continue;
        const double score = surprise(decisions_, sum_[i]) - places + SymbolRate::log_prior((first_ + i * step_) / half_width_);
        if (score <= line.score)
            continue;
        line.score = score;
        line.rate = first_ + (i + parabola(sum_[i - 1], sum_[i], sum_[i + 1])) * step_;
        line.rate_error = step_ / std::sqrt(std::max(1.0, static_cast<double>(sum_[i]) - decisions_));
    }
    return line;
}

} // namespace prunedamr::measure
