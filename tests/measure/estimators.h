// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/measure/signals.h"
#include "prunedamr/measure/front.h"

#include <algorithm>

namespace prunedamr::test {

/// A workspace, and a front loaded with bands as wrong as a detector's may be.
struct Loaded {
    measure::Workspace space{ 16384 };
    measure::Front front{ space };

    bool load(const Made& made, Rng& rng)
    {
        const measure::Piece piece{ made.samples.data(), made.samples.size() };
        return front.load(&piece, 1,
                          { made.center + rng.uniform(-0.1, 0.1) * made.bandwidth,
                            std::min(0.98, made.bandwidth * rng.uniform(0.7, 1.3)) });
    }
};

inline Made linear(const char* alphabet, Pulse pulse, double shape, int symbols, double es_n0_db, Rng& rng,
                   double max_samples_per_symbol = 12.0)
{
    LinearSignal signal;
    signal.alphabet = alphabet;
    signal.pulse = pulse;
    signal.shape = shape;
    signal.samples_per_symbol = rng.log_uniform(2.2, max_samples_per_symbol);
    signal.count = static_cast<int>(symbols * signal.samples_per_symbol);
    signal.es_n0_db = es_n0_db;
    return make(signal, rng);
}

} // namespace prunedamr::test
