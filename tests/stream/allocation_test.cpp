// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/allocations.h"
#include "dsp/signals.h"
#include "prunedamr/stream/classifier.h"
#include "stream/small_network.h"

#include <gtest/gtest.h>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

TEST(Allocations, ClassifierMakesNoneFromItsFirstSampleOn)
{
    const auto auto_band = FrontEndSpec::Kind::auto_band, as_is = FrontEndSpec::Kind::as_is;
    for (const auto& [kind, bursts] : { std::pair{ auto_band, false }, { as_is, false }, { as_is, true } }) {
        int events = 0;
        ClassifierConfig config;
        config.interval_samples = 2000;
        config.max_batch = 5;
        config.bursts = bursts;
        Classifier classifier(small_network(kind), config, [&](const LabelEvent&) { ++events; });
        const Samples x = band_noise(9000, 0.1, 0.2, 1.0, 1) + white_noise(9000, 0.01, 2);
        LabelEvent burst;
        const std::size_t before = allocations();
        for (std::size_t i = 0; i < x.size(); i += 1500)
            classifier.process(x.data() + i, 1500);
        classifier.flush();
        EXPECT_TRUE(classifier.classify_burst(x.data(), 3333, burst));
        classifier.set_center_freq_hz(1.0);
        EXPECT_EQ(allocations() - before, 0u);
        EXPECT_EQ(classifier.stats().events, static_cast<std::uint64_t>(events) + 1);
        EXPECT_TRUE(bursts ? events > 0 : events == 5) << events;
    }
}
