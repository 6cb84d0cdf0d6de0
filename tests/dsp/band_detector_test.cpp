// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/band_detector.h"

#include "prunedamr/dsp/dwell_spectrum.h"
#include "prunedamr/dsp/sliding_transform.h"
#include "prunedamr/dsp/welch_spectrum.h"
#include "tests/dsp/signals.h"

#include <gtest/gtest.h>

using namespace prunedamr;
using namespace prunedamr::dsp;
using namespace prunedamr::test;

namespace {

constexpr int kNfft = 1024;
constexpr int kSegments = 20;
constexpr int kDwell = kSegments * kNfft / 2;

/// What a dwell of the samples shows; the zeros before them are left out.
class Dwell
{
public:
    explicit Dwell(const Samples& x) : transform_(kNfft), spectrum_(kNfft), detector(kNfft)
    {
        Samples spectrum(kNfft);
        int segment = 0;
        for (std::size_t done = 0; done < x.size();) {
            done += transform_.add(x.data() + done, x.size() - done);
            if (!transform_.is_full())
                break;
            transform_.transform(spectrum.data());
            if (segment++ > 0)
                spectrum_.add(spectrum.data());
        }
        result = spectrum_.finish();
        detector.detect(result);
    }

private:
    SlidingTransform transform_;
    DwellSpectrum spectrum_;

public:
    Spectrum result;
    BandDetector detector;
};

double frequency(double bin)
{
    return (bin - 0.5) / kNfft - 0.5;
}

double center(const OccupiedBins& band)
{
    return frequency(0.5 * (band.begin + band.end));
}

double width(const OccupiedBins& band)
{
    return static_cast<double>(band.end - band.begin) / kNfft;
}

} // namespace

TEST(DwellSpectrum, IsThatOfHannWindows)
{
    const Samples x = white_noise(kNfft, 1.0, 1) + tone(kNfft, 0.1003, 3.0);
    SlidingTransform transform(kNfft);
    Samples spectrum(kNfft);
    transform.add(x.data(), x.size()); // the first segment ends in the middle of x
    transform.transform(spectrum.data());
    transform.add(x.data() + kNfft / 2, kNfft / 2);
    transform.transform(spectrum.data());
    DwellSpectrum dwell(kNfft);
    dwell.add(spectrum.data());
    const Spectrum found = dwell.finish();
    HannTransform hann(kNfft);
    std::vector<float> expected(kNfft);
    hann.center(hann.power(x.data()), 1, expected.data());
    EXPECT_EQ(found.averages, 1);
    for (int i = 0; i < kNfft; ++i)
        EXPECT_NEAR(found.psd[i], expected[i], 1e-5f + 1e-3f * expected[i]) << i;
}

TEST(BandDetector, FindsNothingInNoise)
{
    for (std::uint64_t seed = 1; seed <= 50; ++seed)
        EXPECT_EQ(Dwell(white_noise(kDwell, 1.0, seed)).detector.count(), 0) << seed;
}

TEST(BandDetector, FindsEachOfSeveralBandsWithItsPower)
{
    const Samples x = band_noise(kDwell, -0.3, 0.1, 2.0, 1) + band_noise(kDwell, 0.05, 0.02, 0.02, 2) +
                      band_noise(kDwell, 0.1, 0.02, 1.0, 3) + white_noise(kDwell, 0.1, 4);
    const Dwell dwell(x);
    ASSERT_EQ(dwell.detector.count(), 3);
    const OccupiedBins* bands = dwell.detector.bands();
    const double centers[] = { -0.3, 0.05, 0.1 }, widths[] = { 0.1, 0.02, 0.02 }, powers[] = { 2.0, 0.02, 1.0 };
    for (int i = 0; i < 3; ++i) {
        EXPECT_NEAR(center(bands[i]), centers[i], 0.002) << i;
        EXPECT_NEAR(width(bands[i]), widths[i], 0.01) << i; // the edges of band_noise
        EXPECT_NEAR(bands[i].power, powers[i], 0.25 * powers[i]) << i;
        EXPECT_NEAR(bands[i].noise, 0.1 * width(bands[i]), 0.3 * 0.1 * width(bands[i])) << i;
    }
}

TEST(BandDetector, AWideBandIsOne)
{
    const Dwell dwell(band_noise(kDwell, 0.1, 0.3, 1.0, 1) + white_noise(kDwell, 0.1, 2));
    ASSERT_EQ(dwell.detector.count(), 1);
    EXPECT_NEAR(width(dwell.detector.bands()[0]), 0.3, 0.02);
}

TEST(BandDetector, ARollOffAtTheEndsIsNoSignalAndHidesNone)
{
    Samples x = band_noise(kDwell, 0.0, 0.85, 1.0, 1); // a receiver's noise, as its filter leaves it
    const Samples signal = band_noise(kDwell, 0.35, 0.03, 0.4, 2);
    EXPECT_EQ(Dwell(x + white_noise(kDwell, 1e-3, 3)).detector.count(), 0);
    const Dwell dwell(x + signal + white_noise(kDwell, 1e-3, 3));
    ASSERT_EQ(dwell.detector.count(), 1);
    EXPECT_NEAR(center(dwell.detector.bands()[0]), 0.35, 0.003);
}

TEST(BandDetector, SideLobesAreNoSignalsOfTheirOwn)
{
    Samples x = white_noise(kDwell, 1e-3, 1);
    Rng rng(2);
    std::complex<float> symbol;
    for (int i = 0; i < kDwell; ++i) { // rectangular pulses: side lobes at -13 dB and below
        if (i % 40 == 0)
            symbol = { rng.normal() > 0 ? 1.0f : -1.0f, 0.0f };
        x[i] += symbol;
    }
    const Dwell dwell(x);
    ASSERT_EQ(dwell.detector.count(), 1);
    EXPECT_NEAR(center(dwell.detector.bands()[0]), 0.0, 0.002);
}

TEST(BandDetector, ACarrierHasItsSidebands)
{
    const Samples carrier = tone(kDwell, 0.2, 1.0);
    const Samples message = tone(kDwell, 0.21, 0.2) + tone(kDwell, 0.19, 0.2);
    const Dwell dwell(carrier + message + white_noise(kDwell, 1e-3, 1));
    ASSERT_EQ(dwell.detector.count(), 1);
    EXPECT_NEAR(center(dwell.detector.bands()[0]), 0.2, 0.001);
    EXPECT_NEAR(width(dwell.detector.bands()[0]), 0.022, 0.006);
    EXPECT_EQ(Dwell(carrier + white_noise(kDwell, 1e-3, 1)).detector.count(), 1);
}

TEST(BandDetector, AWeakNeighborOnOneSideStays)
{
    const Dwell dwell(band_noise(kDwell, 0.0, 0.05, 1.0, 1) + band_noise(kDwell, 0.06, 0.02, 0.02, 2) +
                      white_noise(kDwell, 1e-2, 3));
    ASSERT_EQ(dwell.detector.count(), 2);
    EXPECT_NEAR(center(dwell.detector.bands()[1]), 0.06, 0.003);
}
