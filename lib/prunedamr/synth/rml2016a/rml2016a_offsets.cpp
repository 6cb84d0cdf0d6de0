// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/rml2016a_offsets.h"

#include "prunedamr/synth/rml2016a/mmse_interpolator.h"
#include "prunedamr/synth/signal/phasor.h"
#include "prunedamr/synth/signal/white_noise.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace prunedamr::synth {
namespace {

/// offset(0..count-1) of one walk, in cycles of the sample rate.
std::vector<float> walk_offsets(const OffsetWalk& walk, std::size_t count, Rng& rng)
{
    Samples steps((count + 1) / 2); // two real steps of variance 1/2 in each
    fill_normals(steps.data(), steps.size(), rng);
    const double scale = walk.step_hz * std::sqrt(2.0);
    std::vector<float> offsets(count);
    double offset_hz = 0.0;
    for (std::size_t n = 0; n < count; ++n) {
        const auto& pair = steps[n / 2];
        offset_hz += scale * static_cast<double>(n % 2 == 0 ? pair.real() : pair.imag());
        offset_hz = std::clamp(offset_hz, -walk.limit_hz, walk.limit_hz);
        offsets[n] = static_cast<float>(offset_hz / walk.sample_rate_hz);
    }
    return offsets;
}

} // namespace

Samples offset_sample_rate(const Samples& in, const OffsetWalk& walk, Rng& rng)
{
    const auto longest = static_cast<std::size_t>(
        std::ceil(static_cast<double>(in.size()) / (1.0 - walk.limit_hz / walk.sample_rate_hz)));
    const auto offsets = walk_offsets(walk, longest, rng);
    const auto& interpolator = MmseInterpolator::instance();
    Samples out;
    out.reserve(longest);
    std::size_t whole = 0;
    double mu = 0.0;
    while (whole + MmseInterpolator::kTaps <= in.size()) {
        out.push_back(interpolator.at(in.data() + whole, mu));
        mu += 1.0 + offsets[out.size() - 1];
        const double step = std::floor(mu);
        mu -= step;
        whole += static_cast<std::size_t>(step);
    }
    return out;
}

void offset_carrier(Samples& samples, const OffsetWalk& walk, Rng& rng)
{
    auto phases = walk_offsets(walk, samples.size(), rng);
    double turns = 0.0;
    for (auto& phase : phases) {
        turns += static_cast<double>(phase);
        turns -= std::floor(turns);
        phase = static_cast<float>(turns);
    }
    multiply_phasors(phases.data(), phases.size(), samples.data());
}

} // namespace prunedamr::synth
