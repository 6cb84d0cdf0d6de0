// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/ook.h"

#include "prunedamr/synth/signal/edges.h"

namespace prunedamr::synth {
namespace {

void append_bit(std::vector<Run>& runs, const OokConfig& config, bool bit)
{
    const float on = 1.0f, off = 0.0f;
    switch (config.code) {
    case KeyingCode::plain:
        runs.push_back({ bit ? on : off, 1.0 });
        break;
    case KeyingCode::manchester:
        runs.push_back({ bit ? on : off, 1.0 });
        runs.push_back({ bit ? off : on, 1.0 });
        break;
    case KeyingCode::pulse_position:
        runs.push_back({ off, bit ? 0.0 : 1.0 });
        runs.push_back({ on, config.pulse_chips });
        runs.push_back({ off, (bit ? 2.0 : 1.0) - config.pulse_chips });
        break;
    case KeyingCode::pulse_width:
        runs.push_back({ on, bit ? config.long_ratio : 1.0 });
        runs.push_back({ off, bit ? 1.0 : config.long_ratio });
        break;
    case KeyingCode::pulse_distance:
        runs.push_back({ on, config.pulse_chips });
        runs.push_back({ off, bit ? config.long_ratio : 1.0 });
        break;
    }
}

/// Messages with silence between them, in chips.
std::vector<Run> make_runs(const Symbols& bits, const OokConfig& config, double chips)
{
    std::vector<Run> runs;
    runs.reserve(bits.size());
    double time = 0.0, since_gap = config.since_gap;
    for (std::size_t i = 0; time < chips && i < bits.size(); ++i) {
        const std::size_t before = runs.size();
        append_bit(runs, config, bits[i] != 0);
        for (std::size_t k = before; k < runs.size(); ++k) {
            time += runs[k].duration;
            since_gap += runs[k].duration;
        }
        if (since_gap > config.message_chips) {
            runs.push_back({ 0.0f, config.gap_chips });
            time += config.gap_chips;
            since_gap = 0.0;
        }
    }
    return runs;
}

/// Mean of the last `width` samples, zeros before the first.
class RunningMean
{
public:
    explicit RunningMean(int width)
        : last_(static_cast<std::size_t>(width)), share_(1.0f / static_cast<float>(width))
    {
    }

    std::complex<float> operator()(std::complex<float> x)
    {
        sum_ += x - last_[oldest_];
        last_[oldest_] = x;
        if (++oldest_ == last_.size())
            oldest_ = 0;
        return share_ * sum_;
    }

private:
    Samples last_;
    float share_;
    std::complex<float> sum_;
    std::size_t oldest_ = 0;
};

/// Low-pass of a keying circuit: a Gaussian by three running means, one after the other for each sample so that
/// their sums do not wait for each other.
void soften(Samples& samples, int width)
{
    if (width < 2)
        return;
    RunningMean first(width), second(width), third(width);
    for (auto& x : samples)
        x = third(second(first(x)));
}

} // namespace

Samples modulate_ook(const Symbols& bits, const OokConfig& config, int count)
{
    auto runs = make_runs(bits, config, count / config.samples_per_chip - config.first_chip);
    for (auto& run : runs)
        run.duration *= config.samples_per_chip;
    Samples out = render_runs(runs, config.first_chip * config.samples_per_chip, count);
    soften(out, static_cast<int>(config.soft_chips * config.samples_per_chip));
    if (config.leak > 0.0) {
        const auto leak = static_cast<float>(config.leak);
        for (auto& x : out)
            x = (1.0f - leak) * x + leak;
    }
    return out;
}

} // namespace prunedamr::synth
