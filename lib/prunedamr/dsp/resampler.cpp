// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/resampler.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/dsp/windowed_sinc.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <mutex>
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

namespace {

PRUNEDAMR_VECTOR_CLONES
void run_polyphase_loop(const PolyphaseFilter& filter, std::uint64_t stride, const std::complex<float>* in,
                        int first, int end, std::complex<float>* out) noexcept
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

} // namespace

void run_polyphase(const PolyphaseFilter& filter, std::uint64_t stride, const std::complex<float>* in, int first,
                   int end, std::complex<float>* out) noexcept
{
    run_polyphase_loop(filter, stride, in, first, end, out);
}

namespace {

constexpr int kStepsPerOctave = 4;
constexpr int kMaxSteps = 6 * kStepsPerOctave;
constexpr double kResamplerStopBandDb = 60.0;
constexpr double kCutoff = 0.44;     ///< of the output rate
constexpr float kSemiLength = 10.0f; ///< of the filter, in output samples
constexpr float kPhasesPerOutput =
    64.0f; ///< filter phases per output sample: a time is off by half a phase at most
constexpr float kMinPhases = 16.0f;

PolyphaseFilter design(float ratio)
{
    const int semi_length = static_cast<int>(std::ceil(kSemiLength / ratio));
    const float phases = std::max(kMinPhases, std::floor(kPhasesPerOutput * ratio));
    return design_polyphase({ kCutoff * static_cast<double>(ratio), kResamplerStopBandDb, semi_length,
                              static_cast<int>(std::ceil(std::log2(phases))) });
}

/// The filter of a step, designed once in a process.
std::shared_ptr<const PolyphaseFilter> shared_filter(int step)
{
    static std::mutex mutex;
    static std::array<std::shared_ptr<const PolyphaseFilter>, kMaxSteps + 1> filters;
    const std::lock_guard<std::mutex> lock(mutex);
    if (!filters[step])
        filters[step] = std::make_shared<const PolyphaseFilter>(design(ResamplerBank::ratio(step)));
    return filters[step];
}

} // namespace

struct ResamplerBank::Resampler {
    explicit Resampler(int step)
        : rate(ratio(step)), stride(polyphase_stride(1.0f / rate)), filter(shared_filter(step)),
          transient(static_cast<int>(std::ceil(static_cast<float>(filter->taps) * rate)))
    {
    }

    /// Outputs that `count` inputs are sure to give after the transient.
    int sure_outputs(int count) const
    {
        return static_cast<int>(std::floor(static_cast<float>(count) * rate)) - transient - 1;
    }

    float rate;
    std::uint64_t stride; ///< input samples per output
    std::shared_ptr<const PolyphaseFilter> filter;
    int transient; ///< first outputs that still see the filter's empty start
};

ResamplerBank::ResamplerBank(int block_length, int frame_length) : frame_length_(frame_length)
{
    for (int k = 1; k <= kMaxSteps; ++k) {
        Resampler resampler(k);
        if (resampler.sure_outputs(block_length) < frame_length)
            return;
        resamplers_.push_back(std::move(resampler));
    }
}

ResamplerBank::~ResamplerBank() = default;
ResamplerBank::ResamplerBank(ResamplerBank&&) noexcept = default;
ResamplerBank& ResamplerBank::operator=(ResamplerBank&&) noexcept = default;

float ResamplerBank::ratio(int step)
{
    return std::exp2(-static_cast<float>(step) / kStepsPerOctave);
}

int ResamplerBank::steps() const noexcept
{
    return static_cast<int>(resamplers_.size());
}

int ResamplerBank::choose(float min_ratio, int count) const noexcept
{
    int step = 0;
    while (step < steps() && ratio(step + 1) >= min_ratio && resamplers_[step].sure_outputs(count) >= frame_length_)
        ++step;
    return step;
}

int ResamplerBank::run(int step, const std::complex<float>* in, int count, std::complex<float>* out) noexcept
{
    const Resampler& resampler = resamplers_[step - 1];
    const int end = std::max(resampler.transient, polyphase_outputs(resampler.stride, count));
    run_polyphase(*resampler.filter, resampler.stride, in, resampler.transient, end, out);
    return end - resampler.transient;
}

} // namespace prunedamr::dsp
