// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/resampler_bank.h"

#include "prunedamr/base/error.h"

#include <liquid/liquid.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <mutex>

namespace prunedamr::dsp {
namespace {

constexpr int kStepsPerOctave = 4;
constexpr int kMaxSteps = 6 * kStepsPerOctave;
constexpr float kStopBandDb = 60.0f;
constexpr float kCutoff = 0.44f;          ///< of the output rate
constexpr float kSemiLength = 10.0f;      ///< of the filter, in output samples
constexpr float kPhasesPerOutput = 64.0f; ///< filter phases per output sample: error below -43 dB in +-0.25
constexpr float kLeastPhases = 16.0f;

struct Destroy {
    void operator()(resamp_crcf_s* q) const { resamp_crcf_destroy(q); }
};
using Object = std::unique_ptr<resamp_crcf_s, Destroy>;

int semi_length(float ratio)
{
    return static_cast<int>(std::ceil(kSemiLength / ratio));
}

/// A resampler for step `step`. Filter design takes tens of milliseconds, so it is done once in a process.
Object make_resampler(int step)
{
    static std::mutex mutex;
    static std::array<Object, kMaxSteps + 1> prototypes;
    const std::lock_guard<std::mutex> lock(mutex);
    Object& prototype = prototypes[step];
    if (!prototype) {
        const float ratio = ResamplerBank::ratio(step);
        const auto phases = static_cast<unsigned>(std::max(kLeastPhases, kPhasesPerOutput * ratio));
        prototype.reset(resamp_crcf_create(ratio, static_cast<unsigned>(semi_length(ratio)), kCutoff * ratio,
                                           kStopBandDb, phases));
    }
    Object copy(resamp_crcf_copy(prototype.get()));
    PRUNEDAMR_CHECK(copy != nullptr, "liquid-dsp makes a resampler of this ratio");
    return copy;
}

} // namespace

struct ResamplerBank::Resampler {
    explicit Resampler(int step)
        : rate(ratio(step)),
          transient(static_cast<int>(std::ceil(2.0f * static_cast<float>(semi_length(rate)) * rate))),
          object(make_resampler(step))
    {
    }

    /// Outputs that `count` inputs are sure to give after the transient.
    int outputs(int count) const
    {
        return static_cast<int>(std::floor(static_cast<float>(count) * rate)) - transient - 1;
    }

    float rate;
    int transient; ///< first outputs that still see the filter's empty start
    Object object;
};

ResamplerBank::ResamplerBank(int block_length, int frame_length) : frame_length_(frame_length)
{
    for (int k = 1; k <= kMaxSteps; ++k) {
        Resampler resampler(k);
        if (resampler.outputs(block_length) < frame_length)
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
    while (step < steps() && ratio(step + 1) >= least_ratio && resamplers_[step].outputs(count) >= frame_length_)
        ++step;
    return step;
}

int ResamplerBank::run(int step, const std::complex<float>* in, int count, std::complex<float>* out) noexcept
{
    Resampler& resampler = resamplers_[step - 1];
    resamp_crcf_reset(resampler.object.get());
    unsigned written = 0;
    // liquid-dsp takes its input by a plain pointer, and only reads it.
    resamp_crcf_execute_block(resampler.object.get(), const_cast<std::complex<float>*>(in),
                              static_cast<unsigned>(count), out, &written);
    const int valid = std::max(0, static_cast<int>(written) - resampler.transient);
    std::memmove(out, out + resampler.transient, sizeof(*out) * static_cast<std::size_t>(valid));
    return valid;
}

} // namespace prunedamr::dsp
