// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/white_noise.h"

#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr std::size_t kQuantiles = 65536;

/// Solves Q(x) = p for the upper tail, p <= 1/2, by Newton's method from the left of the root.
double upper_quantile(double p, double start)
{
    double x = start;
    for (int i = 0; i < 8; ++i) {
        const double density = std::exp(-x * x / 2) / std::sqrt(2.0 * M_PI);
        x += (0.5 * std::erfc(x / std::sqrt(2.0)) - p) / density;
    }
    return x;
}

/// Quantiles at the middles of equal steps of probability, scaled to variance 1/2 (one rail of complex noise).
std::vector<float> make_quantiles()
{
    std::vector<double> half(kQuantiles / 2);
    double x = 0.0, power = 0.0;
    for (std::size_t i = 0; i < half.size(); ++i) {
        x = upper_quantile(0.5 - (static_cast<double>(i) + 0.5) / kQuantiles, x);
        half[i] = x;
        power += x * x;
    }
    const double scale = std::sqrt(0.5 * static_cast<double>(half.size()) / power);
    std::vector<float> all;
    for (const double value : half) {
        all.push_back(static_cast<float>(scale * value));
        all.push_back(static_cast<float>(-scale * value));
    }
    return all;
}

} // namespace

void add_noise(Samples& samples, double density, Rng& rng)
{
    static const std::vector<float> quantiles = make_quantiles();
    const auto scale = static_cast<float>(std::sqrt(density));
    for (std::size_t n = 0; n < samples.size(); n += 2) {
        const std::uint64_t word = rng.next();
        samples[n] += scale * std::complex<float>(quantiles[word & 0xffff], quantiles[word >> 16 & 0xffff]);
        if (n + 1 < samples.size())
            samples[n + 1] += scale * std::complex<float>(quantiles[word >> 32 & 0xffff], quantiles[word >> 48]);
    }
}

double noise_density(double power, double bandwidth, double snr_db)
{
    return power / bandwidth / std::pow(10.0, snr_db / 10.0);
}

} // namespace prunedamr::synth
