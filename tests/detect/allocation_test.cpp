// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/detect/detect_testing.h"
#include "tests/dsp/allocations.h"

#include <gtest/gtest.h>

namespace prunedamr::detect {
namespace {

TEST(Allocations, DetectorMakesNoneFromItsFirstSampleOn)
{
    DetectorConfig config;
    config.sample_rate_hz = 50e3;
    Detector detector(config);
    auto x = test::white_noise(150000, 1e-4, 1);
    for (int i = 0; i < 10; ++i)
        add(x, test::band_noise(3000, 0.1 + 0.02 * i, 0.05, 1e-3, 2), static_cast<std::size_t>(i) * 14000);
    int found = 0;
    const std::size_t before = test::allocations();
    for (std::size_t at = 0; at < x.size();) {
        at += detector.process(x.data() + at, x.size() - at);
        found += detector.count();
    }
    detector.finish();
    found += detector.count();
    EXPECT_EQ(test::allocations() - before, 0u);
    EXPECT_GT(found, 5);
}

} // namespace
} // namespace prunedamr::detect
