// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/fsk.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr int kTerms = 4; // constant, own level, two neighbors, two next to them
constexpr double kRidge[kTerms] = { 0.0, 0.0, 4e-3, 4e-2 };

/// Value at a fractional index, by a straight line.
double between(const std::vector<double>& v, double at, int last) noexcept
{
    at = std::clamp(at, 0.0, static_cast<double>(last));
    const int i = std::min(static_cast<int>(at), last - 1);
    return v[i] + (at - i) * (v[i + 1] - v[i]);
}

void terms(const signed char* a, double* row) noexcept
{
    row[0] = 1.0;
    row[1] = a[0];
    row[2] = a[-1] + a[1] - 2 * a[0];
    row[3] = a[-2] + a[2] - 2 * a[0];
}

} // namespace

/// Phase advance over each symbol, in cycles, to advance_; returns how many. The phase of the line of the squared
/// advance over a sliding symbol tells where the symbols are.
int Fsk::advances(double rate) noexcept
{
    const float* f = space_.v.data();
    phase_[0] = 0.0;
    for (int n = 0; n < count_; ++n)
        phase_[n + 1] = phase_[n] + f[n];
    const double period = 1.0 / rate, step = std::max(1.0, period / 8.0);
    const int places = std::max(0, std::min(static_cast<int>((count_ - period) / step), static_cast<int>(space_.w.size())));
    float* sliding = space_.w.data();
    for (int i = 0; i < places; ++i)
        sliding[i] = static_cast<float>(between(phase_, i * step + period, count_) - between(phase_, i * step, count_));
    if (places < 32)
        return 0;
    const float middle = quantile(space_, sliding, places, 0.5);
    for (int i = 0; i < places; ++i)
        sliding[i] = (sliding[i] - middle) * (sliding[i] - middle);
    const float limit = quantile(space_, sliding, places, 0.98);
    double mean = 0.0;
    for (int i = 0; i < places; ++i)
        mean += sliding[i] = std::min(sliding[i], limit);
    for (int i = 0; i < places; ++i)
        sliding[i] -= static_cast<float>(mean / places);
    const double turns = -std::arg(line_at(sliding, places, rate * step)) / (2.0 * M_PI);
    const double start = (turns - std::floor(turns)) * period; // of a symbol, since place 0 is a symbol's start
    const int symbols = std::clamp(static_cast<int>((count_ - start) / period), 0, static_cast<int>(advance_.size()));
    for (int k = 0; k < symbols; ++k)
        advance_[k] = between(phase_, start + (k + 1) * period, count_) - between(phase_, start + k * period, count_);
    return symbols;
}

/// Equally spaced levels by rounds of assignment and least squares; their assignment is left in level_.
Fsk::Levels Fsk::levels(int symbols, int tones) noexcept
{
    float* u = space_.w.data();
    for (int k = 0; k < symbols; ++k)
        u[k] = static_cast<float>(advance_[k]);
    const double q = tones == 2 ? 0.03 : 0.01;
    const double low = quantile(space_, u, symbols, q), high = quantile(space_, u, symbols, 1.0 - q);
    Levels best{ 0.0, 0.0, 1e30 };
    const auto assign = [&](double value, double middle, double spacing) {
        const double index = std::round((value - middle) / spacing + 0.5 * (tones - 1));
        return static_cast<signed char>(2 * static_cast<int>(std::clamp(index, 0.0, tones - 1.0)) - (tones - 1));
    };
    for (const double stretch : { 1.0, 0.9, 1.1 }) {
        if (tones == 2 && stretch != 1.0)
            break;
        double middle = 0.5 * (low + high), spacing = (high - low) / (tones - 1) * stretch, variance = 1e30;
        for (int round = 0; round < 8 && spacing > 1e-9; ++round) {
            double sa = 0, saa = 0, su = 0, sau = 0, suu = 0;
            for (int k = 0; k < symbols; ++k) {
                const double a = 0.5 * assign(u[k], middle, spacing);
                sa += a;
                saa += a * a;
                su += u[k];
                sau += a * u[k];
                suu += static_cast<double>(u[k]) * u[k];
            }
            const double det = symbols * saa - sa * sa;
            if (det <= 1e-9)
                return best;
            spacing = (symbols * sau - sa * su) / det;
            middle = (su - spacing * sa) / symbols;
            variance = (suu - middle * su - spacing * sau) / symbols;
        }
        if (spacing > 1e-9 && variance < best.variance)
            best = { middle, spacing, variance };
    }
    if (best.spacing > 0.0)
        for (int k = 0; k < symbols; ++k)
            level_[k] = assign(u[k], best.middle, best.spacing);
    return best;
}

/// Decides the levels again, now that the neighbors' part in each advance is known.
void Fsk::decide(int symbols, int tones, const Fit& fit) noexcept
{
    const double own = 2.0 * (fit.slope - 2.0 * fit.near - 2.0 * fit.far);
    signed char* a = level_.data();
    for (int k = 2; k < symbols - 2; ++k) {
        const double u = advance_[k] - fit.center - fit.near * (a[k - 1] + a[k + 1]) - fit.far * (a[k - 2] + a[k + 2]);
        const double index = std::clamp(std::round(u / own + 0.5 * (tones - 1)), 0.0, tones - 1.0);
        a[k] = static_cast<signed char>(2 * static_cast<int>(index) - (tones - 1));
    }
}

Fsk::Fit Fsk::fit(int symbols, int tones) noexcept
{
    if (levels(symbols, tones).spacing <= 0.0)
        return {};
    Fit fit = regress(symbols, tones);
    for (int round = 0; round < 2 && fit.is_valid; ++round) {
        decide(symbols, tones, fit);
        fit = regress(symbols, tones);
    }
    return fit;
}

/// Least squares over own and neighboring levels, twice, the second time without what lies four deviations off.
Fsk::Fit Fsk::regress(int symbols, int tones) noexcept
{
    Fit fit;
    const int rows = symbols - 4;
    double limit = 1e30, x[kTerms] = {}, variance = 0.0;
    std::complex<double> normal[kTerms * kTerms], inverse[kTerms];
    for (int round = 0; round < 4; ++round) {
        std::complex<double> right[kTerms] = {};
        std::fill(normal, normal + kTerms * kTerms, 0.0);
        double sum = 0.0;
        int used = 0;
        for (int k = 2; k < symbols - 2; ++k) {
            double row[kTerms];
            terms(&level_[k], row);
            double residual = advance_[k];
            for (int i = 0; i < kTerms; ++i)
                residual -= x[i] * row[i];
            space_.w[k - 2] = static_cast<float>(std::fabs(residual));
            if (std::fabs(residual) > limit)
                continue;
            ++used;
            sum += residual * residual;
            for (int i = 0; i < kTerms; ++i) {
                right[i] += row[i] * advance_[k];
                for (int j = 0; j < kTerms; ++j)
                    normal[i * kTerms + j] += row[i] * row[j];
            }
        }
        variance = sum / std::max(1, used); // of the solution so far
        if (round > 0)
            limit = 4.0 * 1.4826 * quantile(space_, space_.w.data(), rows, 0.5) + 1e-9;
        if (round == 3)
            break;
        for (int i = 0; i < kTerms; ++i)
            normal[i * kTerms + i] += kRidge[i] * symbols;
        std::complex<double> system[kTerms * kTerms];
        std::copy(normal, normal + kTerms * kTerms, system);
        if (!solve(system, right, kTerms))
            return fit;
        for (int i = 0; i < kTerms; ++i)
            x[i] = right[i].real();
    }
    for (int i = 0; i < kTerms; ++i)
        normal[i * kTerms + i] += kRidge[i] * symbols;
    std::fill(inverse, inverse + kTerms, 0.0);
    inverse[1] = 1.0;
    if (!solve(normal, inverse, kTerms))
        return fit;
    fit.center = x[0];
    fit.slope = x[1];
    fit.near = x[2];
    fit.far = x[3];
    fit.residual = std::sqrt(variance);
    fit.slope_error = std::sqrt(std::max(0.0, variance * inverse[1].real()));
    fit.eye = fit.residual / std::max(1e-9, 2.0 * std::fabs(fit.slope - 2.0 * fit.near - 2.0 * fit.far));
    int counts[8] = {};
    int changes = 0;
    for (int k = 0; k < symbols; ++k) {
        ++counts[(level_[k] + tones - 1) / 2];
        changes += k > 0 && (level_[k] > 0) != (level_[k - 1] > 0);
    }
    fit.least_used = static_cast<double>(*std::min_element(counts, counts + tones)) / symbols;
    fit.alternation = 1.0 - 2.0 * changes / std::max(1, symbols - 1);
    fit.is_valid = fit.slope > 0.0 && fit.slope > 2.0 * (fit.near + fit.far);
    return fit;
}

} // namespace prunedamr::measure
