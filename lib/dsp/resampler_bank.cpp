// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/resampler_bank.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/dsp/resampler_design.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <mutex>

namespace prunedamr::dsp {
namespace {

constexpr int kStepsPerOctave = 4;
constexpr int kMaxSteps = 6 * kStepsPerOctave;
constexpr int kFractionBits = 24; ///< of a time in input samples
constexpr std::ptrdiff_t kLanes = 8;

/// Adds the lanes of the real and of the imaginary parts, which alternate.
std::complex<float> fold(const Float8& sums)
{
    float lane[kLanes];
    std::memcpy(lane, &sums, sizeof lane);
    for (std::ptrdiff_t width = kLanes / 2; width >= 2; width /= 2)
        for (std::ptrdiff_t i = 0; i < width; ++i)
            lane[i] += lane[i + width];
    return { lane[0], lane[1] };
}

/// Outputs number `first`..`end` - 1 at the times n * `stride`, each by the phase of the filter at or before it.
PRUNEDAMR_VECTOR_CLONES
void run_filter(const ResamplerDesign& design, std::uint64_t stride, const std::complex<float>* in, int first,
                int end, std::complex<float>* out)
{
    const auto* samples = reinterpret_cast<const float*>(in);
    const std::ptrdiff_t width = 2 * design.taps, vectors = width / kLanes * kLanes;
    const int phase_shift = kFractionBits - design.log2_phases;
    const std::ptrdiff_t last_phase = (std::ptrdiff_t{ 1 } << design.log2_phases) - 1;
    for (int n = first; n < end; ++n) {
        const std::uint64_t time = static_cast<std::uint64_t>(n) * stride;
        const float* x = samples + 2 * (static_cast<std::ptrdiff_t>(time >> kFractionBits) + 1 - design.taps);
        const float* weight =
            design.rows.data() + (static_cast<std::ptrdiff_t>(time >> phase_shift) & last_phase) * width;
        Float8 sum{};
        for (std::ptrdiff_t j = 0; j < vectors; j += kLanes)
            sum += *reinterpret_cast<const Float8*>(x + j) * *reinterpret_cast<const Float8*>(weight + j);
        std::complex<float> y = fold(sum);
        for (std::ptrdiff_t j = vectors; j < width; j += 2)
            y += std::complex<float>{ x[j] * weight[j], x[j + 1] * weight[j + 1] };
        *out++ = y;
    }
}

/// The filter of a step, designed once in a process.
std::shared_ptr<const ResamplerDesign> shared_design(int step)
{
    static std::mutex mutex;
    static std::array<std::shared_ptr<const ResamplerDesign>, kMaxSteps + 1> designs;
    const std::lock_guard<std::mutex> lock(mutex);
    if (!designs[step])
        designs[step] = std::make_shared<const ResamplerDesign>(design_resampler(ResamplerBank::ratio(step)));
    return designs[step];
}

} // namespace

struct ResamplerBank::Resampler {
    explicit Resampler(int step)
        : rate(ratio(step)),
          stride(static_cast<std::uint64_t>(std::llround(std::ldexp(1.0f, kFractionBits) / rate))),
          design(shared_design(step)),
          transient(static_cast<int>(std::ceil(static_cast<float>(design->taps) * rate)))
    {
    }

    /// Outputs that `count` inputs are sure to give after the transient.
    int sure_outputs(int count) const
    {
        return static_cast<int>(std::floor(static_cast<float>(count) * rate)) - transient - 1;
    }

    /// Outputs, with the transient, that lie no later than the last of `count` inputs.
    int outputs(int count) const
    {
        return static_cast<int>(((static_cast<std::uint64_t>(count) << kFractionBits) + stride - 1) / stride);
    }

    float rate;
    std::uint64_t stride; ///< input samples per output
    std::shared_ptr<const ResamplerDesign> design;
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

int ResamplerBank::choose(float least_ratio, int count) const noexcept
{
    int step = 0;
    while (step < steps() && ratio(step + 1) >= least_ratio &&
           resamplers_[step].sure_outputs(count) >= frame_length_)
        ++step;
    return step;
}

int ResamplerBank::run(int step, const std::complex<float>* in, int count, std::complex<float>* out) noexcept
{
    const Resampler& resampler = resamplers_[step - 1];
    const int end = std::max(resampler.transient, resampler.outputs(count));
    run_filter(*resampler.design, resampler.stride, in, resampler.transient, end, out);
    return end - resampler.transient;
}

} // namespace prunedamr::dsp
