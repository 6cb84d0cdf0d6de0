// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/resampler.h"
#include "tests/dsp/signals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace prunedamr;
using namespace prunedamr::test;
using dsp::ResamplerBank;

namespace {

Samples resample(ResamplerBank& bank, int step, const Samples& x)
{
    Samples y(x.size());
    y.resize(static_cast<std::size_t>(bank.run(step, x.data(), static_cast<int>(x.size()), y.data())));
    return y;
}

/// Kaiser-windowed sinc, cut-off 0.44 of the output rate; `t` in input samples, `reach` where it ends.
double windowed_sinc(double t, double ratio, double reach)
{
    if (std::abs(t) >= reach)
        return 0.0;
    const double x = 2.0 * M_PI * 0.44 * ratio * t, beta = 0.1102 * (60.0 - 8.7);
    const double window = std::cyl_bessel_i(0.0, beta * std::sqrt(1.0 - t * t / (reach * reach)));
    return 0.88 * ratio * (x == 0.0 ? 1.0 : std::sin(x) / x) * window / std::cyl_bessel_i(0.0, beta);
}

/// The definition: output n is the filtered input at time n / ratio, rounded down to a phase, less the filter's
/// delay.
std::complex<double> output(const Samples& x, int step, int n)
{
    const double ratio = std::exp2(-step / 4.0), reach = std::ceil(10.0 / ratio);
    const double phases = std::exp2(std::ceil(std::log2(std::max(16.0, std::floor(64.0 * ratio)))));
    const double time = std::floor(n / ratio * phases + 1e-9) / phases - reach;
    std::complex<double> sum;
    for (int i = static_cast<int>(time - reach); i <= static_cast<int>(time + reach); ++i)
        sum += windowed_sinc(time - i, ratio, reach) * std::complex<double>(x[i]);
    return sum;
}

} // namespace

TEST(ResamplerBank, FollowsItsDefinitionAtEveryStep)
{
    ResamplerBank bank(65536, 1024);
    ASSERT_EQ(bank.steps(), 23);
    const Samples x = white_noise(9001, 1.0, 1);
    for (int step = 1; step <= bank.steps(); ++step) {
        const double stride = std::exp2(step / 4.0);
        const int first = static_cast<int>(std::ceil(2.0 * std::ceil(10.0 * stride) / stride - 1e-9));
        const Samples y = resample(bank, step, x);
        ASSERT_EQ(static_cast<int>(y.size()), static_cast<int>(std::ceil(9001 / stride)) - first)
            << "step " << step;
        double error = 0.0, power = 0.0;
        for (std::size_t i = 0; i < y.size(); i += 11) {
            const auto expected = output(x, step, first + static_cast<int>(i));
            error += std::norm(std::complex<double>(y[i]) - expected);
            power += std::norm(expected);
        }
        // Times are kept in fixed point: some outputs take the phase beside that of the definition.
        EXPECT_LT(std::sqrt(error / power), 3e-3) << "step " << step;
    }
}

TEST(ResamplerBank, PutsEveryOutputAtItsTime)
{
    ResamplerBank bank(65536, 1024);
    const double frequency = 0.004;
    const Samples x = tone(65536, frequency);
    for (int step = 1; step <= 16; ++step) {
        const double stride = std::exp2(step / 4.0);
        const double semi_length = std::ceil(10.0 / ResamplerBank::ratio(step));
        const double first =
            std::ceil(2.0 * semi_length / stride); // output number, before the transient is left out
        const Samples y = resample(bank, step, x);
        for (std::size_t i = 0; i < y.size(); ++i) {
            const double time = (first + static_cast<double>(i)) * stride - semi_length;
            const auto expected = std::polar(1.0, 2.0 * M_PI * frequency * time);
            ASSERT_LT(std::abs(std::complex<double>(y[i]) - expected), 5e-3) << "step " << step << ", output " << i;
        }
    }
}

TEST(ResamplerBank, GivesNothingForLessThanATransient)
{
    ResamplerBank bank(8192, 1024);
    for (const int count : { 0, 1, 7, 20 })
        for (int step = 1; step <= bank.steps(); ++step)
            EXPECT_TRUE(resample(bank, step, Samples(static_cast<std::size_t>(count), 1.0f)).empty());
}
