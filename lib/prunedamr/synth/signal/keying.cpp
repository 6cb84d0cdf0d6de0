// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"

#include "prunedamr/base/vector_clones.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunedamr::synth {
namespace {

void append_bit(std::vector<LevelRun>& runs, const OokConfig& config, bool bit)
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
std::vector<LevelRun> make_runs(const Symbols& bits, const OokConfig& config, double chips)
{
    std::vector<LevelRun> runs;
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
        : last_(static_cast<std::size_t>(width)), scale_(1.0f / static_cast<float>(width))
    {
    }

    std::complex<float> operator()(std::complex<float> x)
    {
        sum_ += x - last_[oldest_];
        last_[oldest_] = x;
        if (++oldest_ == last_.size())
            oldest_ = 0;
        return scale_ * sum_;
    }

private:
    Samples last_;
    float scale_;
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

namespace {

constexpr int kEdgeReach = 8;       // samples that an edge touches on either side
constexpr int kResolution = 64; // edge positions between two samples, interpolated between
constexpr int kTouched = 2 * kEdgeReach;
constexpr double kCutoff = 0.45;

/// rows[r][k]: what an edge r / kResolution after a sample adds to the k-th of the samples around it, which are
/// kEdgeReach - 1 before that sample to kEdgeReach after it; for I and for Q.
using EdgeRows = std::array<std::array<float, 2 * kTouched>, kResolution + 1>;

/// Step response of the anti-alias filter (Hann-windowed sinc) at k / kResolution - kEdgeReach samples.
std::vector<double> step_response()
{
    std::vector<double> response(kTouched * kResolution + 1);
    double sum = 0.0;
    for (std::size_t k = 0; k < response.size(); ++k) {
        const double t = static_cast<double>(k) / kResolution - kEdgeReach;
        const double x = 2.0 * kCutoff * t;
        const double sinc = x == 0.0 ? 1.0 : std::sin(M_PI * x) / (M_PI * x);
        const double window = 0.5 + 0.5 * std::cos(M_PI * t / kEdgeReach);
        response[k] = sum + sinc * window / 2;
        sum += sinc * window;
    }
    for (auto& value : response)
        value /= sum;
    return response;
}

/// The step response less the ideal step, which the samples hold already.
EdgeRows make_edge_rows()
{
    const auto response = step_response();
    EdgeRows rows;
    for (int r = 0; r <= kResolution; ++r)
        for (int k = 0; k < kTouched; ++k) {
            const double value = response[(k + 1) * kResolution - r] - (k >= kEdgeReach ? 1.0 : 0.0);
            rows[r][2 * k] = rows[r][2 * k + 1] = static_cast<float>(value);
        }
    return rows;
}

/// Adds the edges between the runs to `out`, which begins at sample -kTouched.
PRUNEDAMR_VECTOR_CLONES
void add_edges(const std::vector<LevelRun>& runs, double start, const EdgeRows& rows, Samples& out)
{
    auto* samples = reinterpret_cast<float*>(out.data());
    const double last = static_cast<double>(out.size()) - kEdgeReach;
    double time = start + kTouched;
    for (std::size_t i = 1; i < runs.size(); ++i) {
        time += runs[i - 1].duration;
        const std::complex<float> jump = runs[i].level - runs[i - 1].level;
        if (!(time > kEdgeReach && time < last) || jump == 0.0f)
            continue;
        const int before = static_cast<int>(std::ceil(time)) - 1; // the last sample that the edge has not reached
        const double position = (time - before) * kResolution;
        const int row = std::min(static_cast<int>(position), kResolution - 1);
        const auto weight = static_cast<float>(position - row);
        const float* low = rows[row].data();
        const float* high = rows[row + 1].data();
        const Float8 step = { jump.real(), jump.imag(), jump.real(), jump.imag(),
                              jump.real(), jump.imag(), jump.real(), jump.imag() };
        float* touched = samples + 2 * (before - kEdgeReach + 1);
        for (int k = 0; k < 2 * kTouched; k += 8) {
            const Float8 a = *reinterpret_cast<const Float8*>(low + k);
            const Float8 b = *reinterpret_cast<const Float8*>(high + k);
            *reinterpret_cast<Float8*>(touched + k) += step * (a + weight * (b - a));
        }
    }
}

PRUNEDAMR_VECTOR_CLONES
Samples render_runs_loop(const std::vector<LevelRun>& runs, double start, int count)
{
    static const EdgeRows rows = make_edge_rows();
    if (runs.empty() || count == 0)
        return Samples(static_cast<std::size_t>(count));
    const int total = count + 2 * kTouched; // room for the edges that lie just outside
    Samples out(static_cast<std::size_t>(total));
    int filled = 0;
    double end = start + kTouched;
    for (const LevelRun& run : runs) {
        end += run.duration;
        const int stop = std::clamp(static_cast<int>(std::ceil(std::min(end, 1e9))), filled, total);
        std::fill(out.begin() + filled, out.begin() + stop, run.level);
        filled = stop;
    }
    std::fill(out.begin() + filled, out.end(), runs.back().level);
    add_edges(runs, start, rows, out);
    out.erase(out.begin(), out.begin() + kTouched);
    out.resize(static_cast<std::size_t>(count));
    return out;
}

} // namespace

Samples render_runs(const std::vector<LevelRun>& runs, double start, int count)
{
    return render_runs_loop(runs, start, count);
}

} // namespace prunedamr::synth
