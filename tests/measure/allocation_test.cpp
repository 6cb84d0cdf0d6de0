// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dsp/allocations.h"
#include "tests/measure/estimators.h"
#include "prunedamr/measure/measurer.h"

#include <gtest/gtest.h>

using namespace prunedamr;
using namespace prunedamr::measure;
using namespace prunedamr::test;

TEST(Allocations, MeasurerMakesNoneAfterConstruction)
{
    Rng rng(1);
    LinearSignal echoing;
    echoing.alphabet = "64QAM";
    echoing.count = 8192;
    echoing.samples_per_symbol = 3.0;
    echoing.echo = 0.15;
    const Made signals[] = { make(echoing, rng),           make(FskSignal{}, rng),
                             make(OfdmSignal{}, rng),      make(ChirpSignal{}, rng),
                             make_am(8192, 0.3, 0.04, 20.0, rng), make_fm(8192, 0.03, 0.02, false, 20.0, rng),
                             make_carrier(8192, 20.0, rng), make_noise(8192, 1.0, rng) };
    Measurer measurer(8192);
    Track track(8192);
    int measured = 0;
    for (const Made& made : signals) {
        const Piece piece{ made.samples.data(), made.samples.size() };
        Decision decision;
        decision.pieces = &piece;
        decision.piece_count = 1;
        decision.sample_rate_hz = 1.0;
        decision.center_hz = made.center;
        decision.bandwidth_hz = made.bandwidth;
        const std::size_t before = allocations();
        measured += measurer.measure(decision, &track).method != Method::none;
        EXPECT_EQ(allocations() - before, 0u);
    }
    EXPECT_GT(measured, 4);
}
