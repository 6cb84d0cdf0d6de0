// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/rml2016a_transmitters.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/synth/rml2016a/rml2016a_channel.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/modulators.h"
#include "prunedamr/synth/signal/phasor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <liquid/liquid.h>
#include <map>
#include <numeric>

namespace prunedamr::synth {
namespace {

constexpr int kSps = kRml2016aSamplesPerSymbol;

/// Position along an axis of the point that carries `bits`: the inverse of the Gray code.
unsigned gray_position(unsigned bits)
{
    unsigned position = 0;
    for (; bits != 0; bits >>= 1)
        position ^= bits;
    return position;
}

Samples psk(unsigned order, double first_angle)
{
    Samples points(order);
    for (unsigned bits = 0; bits < order; ++bits)
        points[bits] = std::complex<float>(std::polar(1.0, first_angle + 2.0 * M_PI * gray_position(bits) / order));
    return points;
}

/// `bits_i` bits choose the level on the I axis, the `bits_q` lower ones that on the Q axis.
Samples grid(unsigned bits_i, unsigned bits_q)
{
    const auto level = [](unsigned bits, unsigned count) {
        return count == 0 ? 0.0f
                          : 2.0f * static_cast<float>(gray_position(bits)) + 1.0f - static_cast<float>(1u << count);
    };
    Samples points(std::size_t{ 1 } << (bits_i + bits_q));
    for (unsigned bits = 0; bits < points.size(); ++bits)
        points[bits] = { level(bits >> bits_q, bits_i), level(bits & ((1u << bits_q) - 1), bits_q) };
    return points;
}

/// RadioML takes arms 0, 4 .. 28 of a filter at 32 samples per symbol: that is this filter at 8.
std::vector<float> root_raised_cosine()
{
    constexpr unsigned kReach = 44; // symbols on either side
    std::vector<float> taps(2 * kSps * kReach + 1);
    liquid_firdes_rrcos(kSps, kReach, 0.35f, 0.0f, taps.data());
    const float sum = std::accumulate(taps.begin(), taps.end(), 0.0f);
    for (auto& tap : taps)
        tap *= kSps / sum;
    return taps;
}

/// Gaussian of 32 taps, its middle at tap 15, times a symbol's rectangle.
std::vector<float> gaussian_pulse()
{
    constexpr int kLength = 4 * kSps, kMiddle = kLength / 2 - 1;
    const double deviation = kSps * std::sqrt(std::log(2.0)) / (2.0 * M_PI * 0.35); // samples
    std::vector<double> gaussian(kLength);
    for (int i = 0; i < kLength; ++i)
        gaussian[i] = std::exp(-0.5 * std::pow((i - kMiddle) / deviation, 2.0));
    const double sum = std::accumulate(gaussian.begin(), gaussian.end(), 0.0);
    std::vector<float> pulse(kLength + kSps - 1);
    for (int i = 0; i < kLength; ++i)
        for (int k = 0; k < kSps; ++k)
            pulse[i + k] += static_cast<float>(gaussian[i] / sum);
    return pulse;
}

Samples signs(const Bits& bits)
{
    Samples out(bits.size());
    for (std::size_t i = 0; i < bits.size(); ++i)
        out[i] = bits[i] ? 1.0f : -1.0f;
    return out;
}

} // namespace

const Samples& rml2016a_constellation(const std::string& name)
{
    static const std::map<std::string, Samples> all = {
        { "BPSK", psk(2, 0.0) }, { "QPSK", psk(4, M_PI / 4) }, { "8PSK", psk(8, 0.0) },
        { "PAM4", grid(2, 0) },  { "QAM16", grid(2, 2) },      { "QAM64", grid(3, 3) },
    };
    const auto found = all.find(name);
    PRUNEDAMR_CHECK(found != all.end(), "a constellation of RML2016.10a");
    return found->second;
}

Samples rml2016a_linear(const std::string& name, const Bits& bits)
{
    static const std::vector<float> taps = root_raised_cosine();
    const Samples& points = rml2016a_constellation(name);
    std::size_t bits_per_symbol = 1;
    while (std::size_t{ 1 } << bits_per_symbol < points.size())
        ++bits_per_symbol;
    Samples symbols(bits.size() / bits_per_symbol);
    auto bit = bits.begin();
    for (auto& symbol : symbols) {
        std::size_t word = 0;
        for (std::size_t i = 0; i < bits_per_symbol; ++i)
            word = 2 * word + *bit++;
        symbol = points[word];
    }
    return upsample(symbols, taps, kSps);
}

Samples rml2016a_gfsk(const Bits& bits)
{
    static const std::vector<float> pulse = gaussian_pulse();
    Samples out = modulate_fm(real_part(upsample(signs(bits), pulse, kSps)), 0.1 / (2.0 * M_PI));
    for (auto& x : out)
        x *= 0.999f;
    return out;
}

Samples rml2016a_cpfsk(const Bits& bits)
{
    std::vector<float> frequency(bits.size() * kSps);
    for (std::size_t n = 0; n < frequency.size(); ++n)
        frequency[n] = bits[n / kSps] ? 1.0f : -1.0f;
    return modulate_fm(frequency, 0.5 / (2.0 * kSps));
}

namespace {

constexpr double kAudioRateHz = 44.1e3;
constexpr std::size_t kCount = 3 * 44100;
constexpr double kFullScale = 65535.0; // the original's divisor, twice the range of its 16-bit samples

/// Formants of a few vowels, Hz (Peterson and Barney, 1952, men), gone through in turn.
constexpr double kVowels[][3] = {
    { 570, 840, 2410 }, { 530, 1840, 2480 }, { 270, 2290, 3010 }, { 730, 1090, 2440 }, { 300, 870, 2240 },
};
constexpr double kVowelSamples = 0.16 * kAudioRateHz;

/// A resonance of the vocal tract, gain 1 at frequency zero; the frequency may move from sample to sample.
class Formant
{
public:
    double step(double x, double frequency_hz, double bandwidth_hz)
    {
        const double radius = std::exp(-M_PI * bandwidth_hz / kAudioRateHz);
        const double b = 2.0 * radius * std::cos(2.0 * M_PI * frequency_hz / kAudioRateHz), c = -radius * radius;
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
        const double time = static_cast<double>(n) / kAudioRateHz;
        cycle += (118.0 + 14.0 * std::sin(2.0 * M_PI * 2.3 * time)) / kAudioRateHz;
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
    const double since = static_cast<double>(n - kRml2016aVoiceOnset) / kAudioRateHz;
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

namespace {

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
