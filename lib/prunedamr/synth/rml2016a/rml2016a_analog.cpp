// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/rml2016a_analog.h"

#include "prunedamr/synth/rml2016a/mmse_interpolator.h"
#include "prunedamr/synth/signal/analog.h"
#include "prunedamr/synth/signal/fading.h"
#include "prunedamr/synth/signal/phasor.h"

#include <cmath>
#include <liquid/liquid.h>
#include <numeric>

namespace prunedamr::synth {
namespace {

constexpr double kAudioRateHz = 44.1e3;
constexpr double kRateHz = 200e3;
constexpr int kFmFactor = 5;
constexpr double kFmRateHz = kFmFactor * kAudioRateHz;

/// Pass band to 16 kHz, stop band from 18 kHz on, 40 dB.
std::vector<float> audio_low_pass()
{
    constexpr unsigned kLength = 251;
    std::vector<float> taps(kLength);
    liquid_firdes_kaiser(kLength, static_cast<float>(17e3 / kFmRateHz), 40.0f, 0.0f, taps.data());
    const float sum = std::accumulate(taps.begin(), taps.end(), 0.0f);
    for (auto& tap : taps)
        tap *= kFmFactor / sum;
    return taps;
}

/// (s + w_low) / (s + w_high) by the bilinear transform with both corners prewarped, gain 1 at frequency zero.
void pre_emphasize_75us(std::vector<float>& x)
{
    const double low = std::tan(1.0 / 75e-6 / (2.0 * kFmRateHz));
    const double high = std::tan(M_PI * 0.925 / 2.0);
    const double zero = (1.0 - low) / (1.0 + low), pole = (1.0 - high) / (1.0 + high);
    const double gain = (1.0 - pole) / (1.0 - zero);
    double before = 0.0, y = 0.0;
    for (auto& value : x) {
        y = gain * (value - zero * before) + pole * y;
        before = value;
        value = static_cast<float>(y);
    }
}

/// Real audio at the modulators' rate.
Samples resample(const std::vector<float>& audio)
{
    const Samples in(audio.begin(), audio.end());
    const auto& interpolator = MmseInterpolator::instance();
    Samples out;
    for (double position = 0.0; position + MmseInterpolator::kTaps <= static_cast<double>(in.size());
         position = static_cast<double>(out.size()) * (kAudioRateHz / kRateHz)) {
        const auto whole = static_cast<std::size_t>(position);
        out.push_back(interpolator.at(in.data() + whole, position - static_cast<double>(whole)));
    }
    return out;
}

} // namespace

Samples rml2016a_wbfm(const std::vector<float>& audio)
{
    static const std::vector<float> taps = audio_low_pass();
    auto message = real_part(upsample(Samples(audio.begin(), audio.end()), taps, kFmFactor));
    pre_emphasize_75us(message);
    return modulate_fm(message, 75e3 / kFmRateHz);
}

Samples rml2016a_am_dsb(const std::vector<float>& audio)
{
    return modulate_am(real_part(resample(audio)), 1.0);
}

Samples rml2016a_ssb(const std::vector<float>& audio)
{
    Samples out = modulate_ssb(real_part(resample(audio)), true, 0.0);
    normalize_power(out);
    return out;
}

} // namespace prunedamr::synth
