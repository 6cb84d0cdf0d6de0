// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/front_end.h"

#include "prunedamr/dsp/framing.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/dsp/level.h"
#include "prunedamr/dsp/occupied_band.h"
#include "prunedamr/dsp/resampler.h"
#include "prunedamr/dsp/welch_spectrum.h"

#include <nlohmann/json.hpp>

#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace prunedamr::dsp {
namespace {

/// Analysis and resampling of auto_band, with their buffers.
struct AutoBand {
    AutoBand(int block_length, int frame_length) : bank(block_length, frame_length), resampled(block_length) {}

    WelchSpectrum welch;
    BandFinder finder;
    ResamplerBank bank;
    volk::vector<std::complex<float>> resampled;
};

/// A spec that did not come from a file is held to the same ranges as one that did.
FrontEndSpec checked(const FrontEndSpec& spec)
{
    return front_end_from_json(to_json(spec), "FrontEndSpec");
}

void shift_to_zero(std::complex<float>* samples, int count, float center) noexcept
{
    std::complex<float> phase{ 1.0f, 0.0f };
    const std::complex<float> step = std::polar(1.0f, -2.0f * static_cast<float>(M_PI) * center);
    volk_32fc_s32fc_x2_rotator_32fc(samples, samples, step, &phase, static_cast<unsigned>(count));
}

} // namespace

struct FrontEnd::Impl {
    explicit Impl(const FrontEndSpec& wanted) : spec(checked(wanted)), block(spec.block_length)
    {
        if (spec.kind == FrontEndSpec::Kind::auto_band)
            auto_band = std::make_unique<AutoBand>(spec.block_length, spec.frame_length);
    }

    int min_samples() const { return spec.frame_length / 8; }
    int max_frames() const { return spec.block_length / spec.frame_length; }
    BlockInfo process(const std::complex<float>* samples, int count, float* frames) noexcept;
    int cut_band(int count, BlockInfo& info, float* frames) noexcept;
    void warm_up();

    FrontEndSpec spec;
    volk::vector<std::complex<float>> block;
    std::unique_ptr<AutoBand> auto_band;
};

BlockInfo FrontEnd::Impl::process(const std::complex<float>* samples, int count, float* frames) noexcept
{
    BlockInfo info;
    info.snr_db = std::numeric_limits<float>::quiet_NaN();
    count = std::min(count, spec.block_length);
    if (count < min_samples())
        return info;
    const int exponent = copy_levelled(samples, count, block.data());
    info.power_dbfs = power_dbfs(mean_power(block.data(), count), exponent);
    info.frames = auto_band ? cut_band(count, info, frames)
                            : write_frames(block.data(), count, spec.frame_length, spec.scale, frames);
    return info;
}

/// Shifts the occupied band of `block` to zero and resamples it before the frames are cut.
int FrontEnd::Impl::cut_band(int count, BlockInfo& info, float* frames) noexcept
{
    const Band band = auto_band->finder.find(auto_band->welch.measure(block.data(), count), block.data(), count);
    info.center = band.center;
    info.bandwidth = band.bandwidth;
    info.snr_db = band.snr_db;
    if (band.center != 0.0f)
        shift_to_zero(block.data(), count, band.center);
    const int step = auto_band->bank.choose(band.bandwidth / static_cast<float>(spec.occupied_fraction), count);
    if (step == 0)
        return write_frames(block.data(), count, spec.frame_length, spec.scale, frames);
    info.resample_ratio = ResamplerBank::ratio(step);
    const int resampled = auto_band->bank.run(step, block.data(), count, auto_band->resampled.data());
    return write_frames(auto_band->resampled.data(), resampled, spec.frame_length, spec.scale, frames);
}

/// VOLK chooses its kernels, and allocates, when each is first called: a tone calls all of them.
void FrontEnd::Impl::warm_up()
{
    std::vector<std::complex<float>> tone(spec.block_length);
    for (std::size_t i = 0; i < tone.size(); ++i)
        tone[i] = std::polar(1.0f, 0.5f * static_cast<float>(i % 1024));
    std::vector<float> frames(static_cast<std::size_t>(max_frames()) * 2 * spec.frame_length);
    process(tone.data(), spec.block_length, frames.data());
    shift_to_zero(tone.data(), spec.block_length, 0.1f);
}

FrontEnd::FrontEnd(const FrontEndSpec& spec) : impl_(std::make_unique<Impl>(spec))
{
    impl_->warm_up();
}

FrontEnd::~FrontEnd() = default;
FrontEnd::FrontEnd(FrontEnd&&) noexcept = default;
FrontEnd& FrontEnd::operator=(FrontEnd&&) noexcept = default;

const FrontEndSpec& FrontEnd::spec() const
{
    return impl_->spec;
}

int FrontEnd::block_length() const
{
    return impl_->spec.block_length;
}

int FrontEnd::min_samples() const
{
    return impl_->min_samples();
}

int FrontEnd::max_frames() const
{
    return impl_->max_frames();
}

BlockInfo FrontEnd::process(const std::complex<float>* samples, int count, float* frames) noexcept
{
    return impl_->process(samples, count, frames);
}

} // namespace prunedamr::dsp
