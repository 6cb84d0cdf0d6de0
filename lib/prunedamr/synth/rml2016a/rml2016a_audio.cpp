// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/rml2016a_audio.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace prunedamr::synth {
namespace {

constexpr double kRateHz = 44.1e3;
constexpr std::size_t kCount = 3 * 44100;
constexpr double kFullScale = 65535.0; // the original's divisor, twice the range of its 16-bit samples

/// Formants of a few vowels, Hz (Peterson and Barney, 1952, men), gone through in turn.
constexpr double kVowels[][3] = {
    { 570, 840, 2410 }, { 530, 1840, 2480 }, { 270, 2290, 3010 }, { 730, 1090, 2440 }, { 300, 870, 2240 },
};
constexpr double kVowelSamples = 0.16 * kRateHz;

/// A resonance of the vocal tract, gain 1 at frequency zero; the frequency may move from sample to sample.
class Formant
{
public:
    double step(double x, double frequency_hz, double bandwidth_hz)
    {
        const double radius = std::exp(-M_PI * bandwidth_hz / kRateHz);
        const double b = 2.0 * radius * std::cos(2.0 * M_PI * frequency_hz / kRateHz), c = -radius * radius;
        const double y = (1.0 - b - c) * x + b * y1_ + c * y2_;
        y2_ = y1_;
        y1_ = y;
        return y;
    }

private:
    double y1_ = 0.0, y2_ = 0.0;
};

double formant_hz(double vowel_position, int which)
{
    constexpr auto kCountVowels = std::size(kVowels);
    const auto index = static_cast<std::size_t>(vowel_position);
    const double glide = std::clamp((vowel_position - static_cast<double>(index)) * 4.0 - 3.0, 0.0, 1.0);
    const double from = kVowels[index % kCountVowels][which], to = kVowels[(index + 1) % kCountVowels][which];
    return from + glide * (to - from);
}

/// Voice with a wandering pitch and a little breath, largest value 1.
std::vector<double> voice(Rng& rng)
{
    std::vector<double> out(kCount);
    std::array<Formant, 3> formants;
    double cycle = 0.0, peak = 0.0, flow = 0.0;
    for (std::size_t n = 0; n < kCount; ++n) {
        const double time = static_cast<double>(n) / kRateHz;
        cycle += (118.0 + 14.0 * std::sin(2.0 * M_PI * 2.3 * time)) / kRateHz;
        cycle -= std::floor(cycle);
        const double before = flow; // airflow: a raised cosine while the glottis is open, 60 % of the period
        flow = cycle < 0.6 ? 0.5 - 0.5 * std::cos(2.0 * M_PI * cycle / 0.6) : 0.0;
        double x = 30.0 * (flow - before) + 0.02 * rng.normal();
        for (int f = 0; f < 3; ++f)
            x = formants[f].step(x, formant_hz(static_cast<double>(n) / kVowelSamples, f), 60.0 + 30.0 * f);
        out[n] = x;
        peak = std::max(peak, std::abs(x));
    }
    for (auto& x : out)
        x /= peak;
    return out;
}

/// Peak level of the voice, of 1: silent, soft from the onset on, full after half a second, falling between words.
double level(std::size_t n)
{
    constexpr double kSoft = 0.05, kFull = 0.35;
    if (n < kRml2016aVoiceOnset)
        return 0.0;
    const double since = static_cast<double>(n - kRml2016aVoiceOnset) / kRateHz;
    const double onset = std::min(1.0, since / 0.01);
    const double loudness = kSoft + (kFull - kSoft) * std::clamp((since - 0.2) / 0.3, 0.0, 1.0);
    const double words = 0.55 + 0.45 * std::cos(2.0 * M_PI * 1.7 * since);
    return onset * loudness * words;
}

} // namespace

std::vector<float> rml2016a_builtin_audio()
{
    Rng rng(0x5eec);
    const auto speech = voice(rng);
    std::vector<float> audio(kCount);
    for (std::size_t n = 0; n < kCount; ++n) {
        const double value = kFullScale * level(n) * speech[n] + 0.5 * rng.normal(); // the room
        audio[n] = static_cast<float>(std::clamp(std::round(value), -32768.0, 32767.0) / kFullScale);
    }
    return audio;
}

std::vector<float> read_rml2016a_audio(const std::string& path)
{
    const std::string bytes = read_file(path);
    if (bytes.size() % 2 != 0 || bytes.size() / 2 < kRml2016aAudioSamples)
        throw Error({ "not the audio of a recipe", path, std::to_string(bytes.size()) + " bytes",
                      "16-bit mono samples at 44.1 kHz without header, at least " +
                          std::to_string(kRml2016aAudioSamples) + " of them" });
    std::vector<float> audio(bytes.size() / 2);
    for (std::size_t n = 0; n < audio.size(); ++n) {
        const auto low = static_cast<std::uint8_t>(bytes[2 * n]),
                   high = static_cast<std::uint8_t>(bytes[2 * n + 1]);
        audio[n] = static_cast<float>(static_cast<std::int16_t>(low | high << 8) / kFullScale);
    }
    return audio;
}

} // namespace prunedamr::synth
