// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/polyphase.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/dsp/kaiser_window.h"

#include <cmath>
#include <numeric>
#include <vector>

namespace prunedamr::dsp {
namespace {

/// The impulse response at `count` points, `cutoff` in cycles per point.
std::vector<double> windowed_sinc(int count, double cutoff, double stop_band_db)
{
    const auto window = KaiserWindow::for_stop_band_db(stop_band_db);
    const double middle = 0.5 * (count - 1);
    std::vector<double> response(static_cast<std::size_t>(count));
    for (int i = 0; i <= middle; ++i) {
        const double t = i - middle;
        response[i] = response[count - 1 - i] = sinc(2.0 * M_PI * cutoff * t) * window(t / middle);
    }
    return response;
}

} // namespace

PolyphaseFilter design_polyphase(const PolyphaseConfig& config)
{
    PolyphaseFilter filter;
    filter.taps = 2 * config.semi_length;
    filter.log2_phases = config.log2_phases;
    const int phases = 1 << config.log2_phases;
    const auto response = windowed_sinc(filter.taps * phases + 1, config.cutoff / phases, config.stop_band_db);
    const double gain = phases / std::accumulate(response.begin(), response.end(), 0.0);
    for (int phase = 0; phase < phases; ++phase)
        for (int back = filter.taps - 1; back >= 0; --back)
            filter.rows.insert(filter.rows.end(), 2, static_cast<float>(gain * response[phase + back * phases]));
    return filter;
}

std::uint64_t polyphase_stride(float samples_per_output)
{
    return static_cast<std::uint64_t>(std::llround(std::ldexp(samples_per_output, kPolyphaseFractionBits)));
}

int polyphase_outputs(std::uint64_t stride, int count) noexcept
{
    return static_cast<int>(((static_cast<std::uint64_t>(count) << kPolyphaseFractionBits) + stride - 1) / stride);
}

PRUNEDAMR_VECTOR_CLONES
void run_polyphase(const PolyphaseFilter& filter, std::uint64_t stride, const std::complex<float>* in, int first,
                   int end, std::complex<float>* out) noexcept
{
    const auto* samples = reinterpret_cast<const float*>(in);
    const std::ptrdiff_t width = 2 * filter.taps,
                         most = width / 16 * 16; // an even number of taps: 0, 4, 8, 12 remain
    const int phase_shift = kPolyphaseFractionBits - filter.log2_phases;
    const std::ptrdiff_t last_phase = (std::ptrdiff_t{ 1 } << filter.log2_phases) - 1;
    for (int n = first; n < end; ++n) {
        const std::uint64_t time = static_cast<std::uint64_t>(n) * stride;
        const float* x =
            samples + 2 * (static_cast<std::ptrdiff_t>(time >> kPolyphaseFractionBits) + 1 - filter.taps);
        const float* weight =
            filter.rows.data() + (static_cast<std::ptrdiff_t>(time >> phase_shift) & last_phase) * width;
        Float8 even{}, odd{};
        for (std::ptrdiff_t j = 0; j < most; j += 16) {
            even += *reinterpret_cast<const Float8*>(x + j) * *reinterpret_cast<const Float8*>(weight + j);
            odd += *reinterpret_cast<const Float8*>(x + j + 8) * *reinterpret_cast<const Float8*>(weight + j + 8);
        }
        if (width & 8)
            odd += *reinterpret_cast<const Float8*>(x + most) * *reinterpret_cast<const Float8*>(weight + most);
        Float4 half = halve(even + odd);
        if (width & 4)
            half += *reinterpret_cast<const Float4*>(x + width - 4) *
                    *reinterpret_cast<const Float4*>(weight + width - 4);
        *out++ = fold(half);
    }
}

} // namespace prunedamr::dsp
