// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/edges.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr int kReach = 8;       // samples that an edge touches on either side
constexpr int kResolution = 64; // table points per sample
constexpr double kCutoff = 0.45;

using Table = std::array<float, 2 * kReach * kResolution + 2>;

/// Step response of the anti-alias filter (Hann-windowed sinc), minus the ideal step.
Table make_residual()
{
    Table table{};
    double sum = 0.0;
    for (std::size_t i = 0; i < table.size() - 1; ++i) {
        const double t = static_cast<double>(i) / kResolution - kReach;
        const double x = 2.0 * kCutoff * t;
        const double sinc = x == 0.0 ? 1.0 : std::sin(M_PI * x) / (M_PI * x);
        const double window = 0.5 + 0.5 * std::cos(M_PI * t / kReach);
        sum += sinc * window / 2;
        table[i] = static_cast<float>(sum);
        sum += sinc * window / 2;
    }
    for (std::size_t i = 0; i < table.size() - 1; ++i)
        table[i] = static_cast<float>(table[i] / sum);
    table.back() = 1.0f;
    return table;
}

void add_edge(Samples& out, double time, std::complex<float> jump)
{
    static const Table response = make_residual();
    const int first = std::max(0, static_cast<int>(std::ceil(time)) - kReach);
    const int last = std::min(static_cast<int>(out.size()) - 1, static_cast<int>(std::floor(time)) + kReach);
    for (int n = first; n <= last; ++n) {
        const double position = (n - time + kReach) * kResolution;
        const int index = std::clamp(static_cast<int>(position), 0, 2 * kReach * kResolution);
        const auto weight = static_cast<float>(position - index);
        const float step = response[index] + weight * (response[index + 1] - response[index]);
        out[n] += jump * (step - (n >= time ? 1.0f : 0.0f));
    }
}

} // namespace

Samples render_runs(const std::vector<Run>& runs, double start, int count)
{
    Samples out(static_cast<std::size_t>(count));
    if (runs.empty())
        return out;
    int filled = 0;
    double end = start;
    for (const Run& run : runs) {
        end += run.duration;
        const int stop = std::clamp(static_cast<int>(std::ceil(std::min(end, 1e9))), filled, count);
        std::fill(out.begin() + filled, out.begin() + stop, run.level);
        filled = stop;
    }
    std::fill(out.begin() + filled, out.end(), runs.back().level);

    double time = start;
    for (std::size_t i = 1; i < runs.size(); ++i) {
        time += runs[i - 1].duration;
        if (time > -kReach && time < count + kReach && runs[i].level != runs[i - 1].level)
            add_edge(out, time, runs[i].level - runs[i - 1].level);
    }
    return out;
}

} // namespace prunedamr::synth
