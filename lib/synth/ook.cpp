// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/ook.h"

#include "prunedamr/synth/edges.h"
#include "prunedamr/synth/onair_ranges.h"
#include "prunedamr/synth/symbols.h"

#include <cmath>

namespace prunedamr::synth {
namespace {

enum class Code { plain, manchester, pulse_position, pulse_width, pulse_distance };

/// How one bit becomes pulses; durations in chips.
struct Timing {
    Code code;
    double on;         ///< pulse of pulse_position and pulse_distance, 0..1 chip
    double long_ratio; ///< long / short of pulse_width and pulse_distance
};

void append_bit(std::vector<Run>& runs, const Timing& timing, bool bit)
{
    const float on = 1.0f, off = 0.0f;
    switch (timing.code) {
    case Code::plain:
        runs.push_back({ bit ? on : off, 1.0 });
        break;
    case Code::manchester:
        runs.push_back({ bit ? on : off, 1.0 });
        runs.push_back({ bit ? off : on, 1.0 });
        break;
    case Code::pulse_position:
        runs.push_back({ off, bit ? 0.0 : 1.0 });
        runs.push_back({ on, timing.on });
        runs.push_back({ off, (bit ? 2.0 : 1.0) - timing.on });
        break;
    case Code::pulse_width:
        runs.push_back({ on, bit ? timing.long_ratio : 1.0 });
        runs.push_back({ off, bit ? 1.0 : timing.long_ratio });
        break;
    case Code::pulse_distance:
        runs.push_back({ on, timing.on });
        runs.push_back({ off, bit ? timing.long_ratio : 1.0 });
        break;
    }
}

Timing draw_timing(Rng& rng)
{
    const auto& duty = kOnairRanges.ook_duty;
    return { static_cast<Code>(rng.integer(0, 4)), 2.0 * rng.uniform(duty.low, duty.high > 0.5 ? 0.5 : duty.high),
             rng.chance(0.5) ? 2.0 : 3.0 };
}

/// Messages with silence between them, or one endless message, in chips.
std::vector<Run> draw_runs(double chips, Rng& rng)
{
    const auto& ranges = kOnairRanges;
    const Timing timing = draw_timing(rng);
    const Bits bits = draw_bits(static_cast<int>(chips) + 2, rng);
    const bool gaps = rng.chance(ranges.ook_gaps);
    const double message = rng.uniform(ranges.ook_message_chips.low, ranges.ook_message_chips.high);
    const double gap = rng.uniform(ranges.ook_gap_chips.low, ranges.ook_gap_chips.high);
    std::vector<Run> runs;
    double time = 0.0, since_gap = rng.uniform(0.0, message);
    for (std::size_t i = 0; time < chips && i < bits.size(); ++i) {
        const std::size_t before = runs.size();
        append_bit(runs, timing, bits[i] != 0);
        for (std::size_t k = before; k < runs.size(); ++k) {
            time += runs[k].duration;
            since_gap += runs[k].duration;
        }
        if (gaps && since_gap > message) {
            runs.push_back({ 0.0f, gap });
            time += gap;
            since_gap = 0.0;
        }
    }
    return runs;
}

/// Low-pass of a keying circuit: a Gaussian by three running means.
void soften(Samples& samples, int width)
{
    if (width < 2)
        return;
    const int count = static_cast<int>(samples.size());
    for (int pass = 0; pass < 3; ++pass) {
        Samples smooth(samples.size());
        std::complex<float> sum = 0.0f;
        for (int n = 0; n < count; ++n) {
            sum += samples[n];
            if (n >= width)
                sum -= samples[n - width];
            smooth[n] = sum / static_cast<float>(width);
        }
        samples.swap(smooth);
    }
}

} // namespace

Samples modulate_ook(double samples_per_chip, int count, Rng& rng)
{
    const auto& ranges = kOnairRanges;
    auto runs = draw_runs(count / samples_per_chip + 8.0, rng);
    for (auto& run : runs)
        run.duration *= samples_per_chip;
    Samples out = render_runs(runs, -rng.uniform(0.0, 4.0 * samples_per_chip), count);
    if (rng.chance(ranges.ook_soft_edges))
        soften(out, static_cast<int>(rng.uniform(0.1, 0.35) * samples_per_chip));
    if (rng.chance(ranges.ook_leak)) {
        const double leak_db = rng.uniform(ranges.ook_leak_db.low, ranges.ook_leak_db.high);
        const auto leak = static_cast<float>(std::pow(10.0, leak_db / 20.0));
        for (auto& x : out)
            x = leak + (1.0f - leak) * x;
    }
    return out;
}

} // namespace prunedamr::synth
