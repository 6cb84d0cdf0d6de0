// SPDX-License-Identifier: GPL-3.0-or-later
// Carrier and phase of each alphabet: from a line of a power of the symbols to a track by decided points.
#include "prunedamr/measure/alphabet_fit.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace prunedamr::measure {
namespace {

constexpr int kScreened = 256;     // symbols that a first look takes
constexpr double kMaxOffset = 0.05; // of the carrier, cycles per symbol

/// S^2 of E|z|^4 = (fourth of the points - 2) S^2 + 2 at S + N = 1.
double signal_squared(const Alphabet& row, double fourth)
{
    return row.fourth < 1.95 ? (2.0 - fourth) / (2.0 - row.fourth) : 0.9;
}

} // namespace

/// Spectrum of z^power, weighted by |z|, in space.c; the weighted powers stay in space.b, |z| in space.v.
void AlphabetFit::find_lines(const Symbols& z, int power, const std::vector<float>& weight) noexcept
{
    const int size = space_.size(std::max(64.0, 2.0 * z.count));
    Complex* v = space_.b.data();
    const float* r = space_.v.data();
    for (int k = 0; k < z.count; ++k) {
        float re = z.re[k] / r[k], im = z.im[k] / r[k], size_weight = r[k];
        const float unit_re = re, unit_im = im;
        for (int i = 1; i < power; ++i) {
            const float turned = re * unit_re - im * unit_im;
            im = re * unit_im + im * unit_re;
            re = turned;
            size_weight *= i < 4 ? r[k] : 1.0f;
        }
        if (!weight.empty())
            size_weight = weight[std::min(static_cast<std::size_t>(r[k] * 50.0f), weight.size() - 1)];
        v[k] = Complex(re * size_weight, im * size_weight);
    }
    std::fill(v + z.count, v + size, Complex());
    space_.forward(size, v, space_.c.data());
}

/// The strongest lines that may be `row`'s carrier, as hypotheses.
int AlphabetFit::peaks(const Symbols& z, const Alphabet& row, int wanted, Hypothesis* found) noexcept
{
    const int size = space_.size(std::max(64.0, 2.0 * z.count));
    const double middle = wrap(row.power * row.turn);
    const double reach = std::min(0.5, row.power <= 4 ? row.power * kMaxOffset : 0.45);
    const int center = static_cast<int>(std::lround(middle * size)), half = static_cast<int>(reach * size);
    float* level = space_.u.data();
    const auto bin = [size](int k) { return (k % size + size) % size; };
    for (int k = -half - 1; k <= half + 1; ++k)
        level[k + half + 1] = std::sqrt(std::norm(space_.c[bin(center + k)]));
    Best<int, 8> best;
    for (int k = 1; k <= 2 * half + 1; ++k)
        if (level[k] >= level[k - 1] && level[k] > level[k + 1])
            best.offer(level[k], k);
    int count = 0;
    int taken[8];
    for (int i = 0; i < best.count && count < wanted; ++i) {
        const int k = best.items[i];
        if (count > 0 && level[k] < 0.7f * level[taken[0]])
            break;
        if (std::any_of(taken, taken + count, [&](int other) { return std::abs(other - k) <= 3; }))
            continue;
        const double at = (center + k - half - 1 + parabola(level[k - 1], level[k], level[k + 1])) / size;
        const double angle = std::arg(line_at(space_.b.data(), z.count, at));
        found[count].frequency = wrap(at - middle) / row.power;
        found[count].phase = (angle - row.reference) / row.power;
        taken[count++] = k;
    }
    return count;
}

/// z, with the alphabet's own turning, the carrier and its phase taken out.
void AlphabetFit::turn(const Symbols& z, const Hypothesis& hypothesis, int first, int count, Symbols& out) const noexcept
{
    const double step = hypothesis.frequency + (hypothesis.is_offset ? 0.0 : alphabets()[hypothesis.row].turn);
    out.count = z.count;
    double turns = step * first + hypothesis.phase / (2.0 * M_PI);
    auto now = std::polar(1.0, -2.0 * M_PI * (turns - std::floor(turns)));
    const auto each = std::polar(1.0, -2.0 * M_PI * step);
    for (int k = first; k < first + count; ++k) {
        const auto re = static_cast<float>(now.real()), im = static_cast<float>(now.imag());
        out.re[k] = z.re[k] * re - z.im[k] * im;
        out.im[k] = z.re[k] * im + z.im[k] * re;
        now *= each;
    }
}

/// The channel that the moments of |z| suggest (Matzner, 1993), and a few rounds on some symbols in the middle.
void AlphabetFit::coarse(const Symbols& z, double fourth, Hypothesis& hypothesis) noexcept
{
    const Alphabet& row = alphabets()[hypothesis.row];
    const int count = std::min(z.count, kScreened), first = (z.count - count) / 2;
    const double squared = signal_squared(row, fourth);
    const double signal = std::clamp(std::sqrt(std::max(squared, 0.0)), 0.2, 0.997);
    hypothesis.channel = { std::sqrt(signal), 1.0 - signal };
    turn(z, hypothesis, first, count, *y_);
    for (int round = 0; round < 4; ++round) {
        const Moments moments = expect(row, hypothesis.channel, *y_, first, count, *mean_);
        hypothesis.log_likelihood = moments.log_likelihood;
        if (round < 3)
            hypothesis.channel = maximize(moments, count);
    }
}

void AlphabetFit::screen(const Symbols& z, Best<Hypothesis, kPolished>& best) noexcept
{
    const auto& rows = alphabets();
    const std::vector<float>* last_weight = nullptr;
    int last_power = 0;
    Hypothesis of_name;
    double square = 0.0, fourth = 0.0;
    for (int k = 0; k < z.count; ++k) {
        const double power = static_cast<double>(z.re[k]) * z.re[k] + static_cast<double>(z.im[k]) * z.im[k];
        space_.v[k] = static_cast<float>(std::sqrt(power + 1e-20));
        square += power;
        fourth += power * power;
    }
    fourth *= z.count / std::max(square * square, 1e-30);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Alphabet& row = rows[i];
        screened_[i] = -1e9;
        if (signal_squared(row, fourth) > 1.0 + 6.0 / std::sqrt(static_cast<double>(z.count)))
            continue; // |z| varies less than it does with these points and no noise
        if (row.power != last_power || !row.weight.empty() || !last_weight->empty())
            find_lines(z, row.power, row.weight);
        last_power = row.power;
        last_weight = &row.weight;
        Hypothesis found[2];
        const int count = peaks(z, row, row.weight.empty() ? 1 : 2, found);
        Hypothesis top;
        for (int k = 0; k < count; ++k) {
            found[k].row = static_cast<int>(i);
            coarse(z, fourth, found[k]);
            if (found[k].log_likelihood > top.log_likelihood)
                top = found[k];
        }
        screened_[i] = top.log_likelihood;
        if (top.row < 0)
            continue;
        // Of neighboring rows of one name the best goes on.
        const bool is_same = of_name.row >= 0 && !std::strcmp(rows[of_name.row].name, row.name);
        if (of_name.row >= 0 && !is_same)
            best.offer(of_name.log_likelihood, of_name);
        if (!is_same || top.log_likelihood > of_name.log_likelihood)
            of_name = top;
    }
    if (of_name.row >= 0)
        best.offer(of_name.log_likelihood, of_name);
}

/// Turns y_ by the straight line through the phases of blocks against the posterior means.
void AlphabetFit::follow_line() noexcept
{
    Symbols& y = *y_;
    const int length = std::max(16, y.count / 12), blocks = y.count / length;
    double weight = 0, wt = 0, wtt = 0, wp = 0, wtp = 0, last = 0;
    for (int b = 0; b < blocks; ++b) {
        std::complex<double> sum;
        for (int k = b * length; k < (b + 1) * length; ++k)
            sum += std::complex<double>(y.re[k], y.im[k]) * std::complex<double>(mean_->re[k], -mean_->im[k]);
        double phase = std::arg(sum);
        if (b > 0)
            phase += 2.0 * M_PI * std::round((last - phase) / (2.0 * M_PI));
        last = phase;
        const double w = std::abs(sum), t = (b + 0.5) * length - 0.5 * y.count;
        weight += w;
        wt += w * t;
        wtt += w * t * t;
        wp += w * phase;
        wtp += w * t * phase;
    }
    const double det = weight * wtt - wt * wt;
    const double slope = blocks >= 3 && det > 0.0 ? (weight * wtp - wt * wp) / det : 0.0;
    const double middle = (wp - slope * wt) / std::max(weight, 1e-30);
    auto now = std::polar(1.0, -middle - slope * (0.5 - 0.5 * y.count));
    const auto each = std::polar(1.0, -slope);
    for (int k = 0; k < y.count; ++k) {
        const auto re = static_cast<float>(now.real()), im = static_cast<float>(now.imag()), before = y.re[k];
        y.re[k] = before * re - y.im[k] * im;
        y.im[k] = before * im + y.im[k] * re;
        now *= each;
    }
}

/// Turns y_ by the phase of a moving mean of `length` symbols against the posterior means.
void AlphabetFit::follow_mean(int length) noexcept
{
    Symbols& y = *y_;
    const int half = std::min(length, std::max(8, y.count / 4)) / 2;
    const auto product = [&](int k) {
        return std::complex<double>(y.re[k], y.im[k]) * std::complex<double>(mean_->re[k], -mean_->im[k]);
    };
    std::complex<double> sum;
    for (int k = 0; k < std::min(half, y.count); ++k)
        sum += product(k);
    for (int k = 0; k < y.count; ++k) { // the turned ones go elsewhere: products are of the symbols as they were
        if (k + half < y.count)
            sum += product(k + half);
        if (k - half - 1 >= 0)
            sum -= product(k - half - 1);
        const auto size = std::sqrt(std::norm(sum));
        const Complex back = size > 0.0 ? Complex(std::conj(sum) / size) : Complex(1.0f);
        const Complex turned = Complex(y.re[k], y.im[k]) * back;
        work_->re[k] = turned.real();
        work_->im[k] = turned.imag();
    }
    std::copy(work_->re, work_->re + y.count, y.re);
    std::copy(work_->im, work_->im + y.count, y.im);
}

/// Expectation and maximization over phase, gain and noise, by turns.
void AlphabetFit::align(const Alphabet& row, Hypothesis& hypothesis, int rounds) noexcept
{
    Symbols& y = *y_;
    for (int round = 0; round < rounds; ++round) {
        const Moments moments = expect(row, hypothesis.channel, y, 0, y.count, *mean_);
        hypothesis.channel = maximize(moments, y.count);
        follow_line();
    }
    for (int round = 0; round < 2; ++round) {
        const Moments moments = expect(row, hypothesis.channel, y, 0, y.count, *mean_);
        hypothesis.log_likelihood = moments.log_likelihood;
        if (round == 0)
            hypothesis.channel = maximize(moments, y.count);
    }
}

/// Brings y_ and the channel to the likeliest for one alphabet; a phase track is kept where it gains more than one nat
/// for each independent window.
void AlphabetFit::polish(const Symbols& z, Hypothesis& hypothesis) noexcept
{
    const Alphabet& row = alphabets()[hypothesis.row];
    turn(z, hypothesis, 0, z.count, *y_);
    align(row, hypothesis, 2);
    const int length = row.points.size() <= 16 ? 64 : 160;
    Hypothesis tracked = hypothesis;
    Symbols& before = *work2_;
    before = *y_;
    follow_mean(length);
    align(row, tracked, 0);
    tracked.log_likelihood -= 1.0 / std::min(length, z.count);
    if (tracked.log_likelihood > hypothesis.log_likelihood)
        hypothesis = tracked;
    else
        *y_ = before;
}

} // namespace prunedamr::measure
