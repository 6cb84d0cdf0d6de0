// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/welch_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace prunedamr::dsp {
namespace {

TEST(HannTransform, ATonesPowerLiesInThreeBinsAroundItsOwn)
{
    for (const int nfft : { 4, 64, 4096 }) {
        std::vector<std::complex<float>> tone;
        for (int n = 0; n < nfft; ++n)
            tone.push_back(std::complex<float>(std::polar(2.0, 0.7 - 2.0 * M_PI * 0.25 * n)));
        HannTransform transform(nfft);
        std::vector<float> psd(static_cast<std::size_t>(nfft));
        transform.center(transform.power(tone.data()), 1, psd.data());
        const std::size_t bin = static_cast<std::size_t>(nfft / 2 - nfft / 4);
        EXPECT_NEAR(psd[bin], 4.0 * 2.0 / 3.0, 1e-4); // the Hann window: 1/4, 1, 1/4 of the peak, together 3/2
        EXPECT_NEAR(psd[bin + 1], 4.0 / 6.0, 1e-4);
        EXPECT_NEAR(psd[bin - 1], 4.0 / 6.0, 1e-4);
    }
}

} // namespace
} // namespace prunedamr::dsp
