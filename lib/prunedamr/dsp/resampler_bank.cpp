// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/resampler_bank.h"

#include "prunedamr/dsp/polyphase.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <mutex>

namespace prunedamr::dsp {
namespace {

constexpr int kStepsPerOctave = 4;
constexpr int kMaxSteps = 6 * kStepsPerOctave;
constexpr double kStopBandDb = 60.0;
constexpr double kCutoff = 0.44;     ///< of the output rate
constexpr float kSemiLength = 10.0f; ///< of the filter, in output samples
constexpr float kPhasesPerOutput =
    64.0f; ///< filter phases per output sample: a time is off by half a phase at most
constexpr float kLeastPhases = 16.0f;

PolyphaseFilter design(float ratio)
{
    const int semi_length = static_cast<int>(std::ceil(kSemiLength / ratio));
    const float phases = std::max(kLeastPhases, std::floor(kPhasesPerOutput * ratio));
    return design_polyphase({ kCutoff * static_cast<double>(ratio), kStopBandDb, semi_length,
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
    const int end = std::max(resampler.transient, polyphase_outputs(resampler.stride, count));
    run_polyphase(*resampler.filter, resampler.stride, in, resampler.transient, end, out);
    return end - resampler.transient;
}

} // namespace prunedamr::dsp
