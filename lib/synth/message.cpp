// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/message.h"

#include "prunedamr/synth/channel.h"
#include "prunedamr/synth/cpm.h"
#include "prunedamr/synth/fft.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr double kPeakToRms = 3.0; // messages are limited at this many times their RMS, as transmitters do

/// The spectrum of a real message, filled from its lines and bands; positive frequencies only.
class Spectrum
{
public:
    Spectrum(int count, double highest, Rng& rng)
        : bins_(static_cast<std::size_t>(Fft::fast_size(count))), highest_(highest), rng_(rng)
    {
    }

    /// Random phases between two frequencies (as shares of the highest), amplitude falling with `slope` dB per
    /// octave.
    void band(double low, double high, double amplitude, double slope_db)
    {
        const int first = std::max(1, bin(low)), last = bin(high);
        for (int k = first; k <= last; ++k)
            add(k, amplitude * std::pow(static_cast<double>(k) / first, slope_db / 6.02) /
                       std::sqrt(static_cast<double>(last - first + 1)));
    }

    /// A line, a few bins wide when it wavers.
    void line(double frequency, double amplitude, double width)
    {
        const int center = std::max(1, bin(frequency));
        const int reach = static_cast<int>(width * highest_ * static_cast<double>(bins_.size()));
        for (int k = std::max(1, center - reach); k <= center + reach; ++k)
            add(k, amplitude / std::sqrt(2.0 * reach + 1.0));
    }

    std::vector<float> to_samples(int count)
    {
        Fft::of_this_thread().inverse(bins_);
        double power = 0.0;
        for (int n = 0; n < count; ++n)
            power += bins_[n].real() * bins_[n].real();
        const double rms = std::sqrt(power / count) + 1e-30;
        std::vector<float> samples(static_cast<std::size_t>(count));
        for (int n = 0; n < count; ++n)
            samples[n] = static_cast<float>(std::clamp(bins_[n].real() / (kPeakToRms * rms), -1.0, 1.0));
        return samples;
    }

private:
    int bin(double share) const
    {
        return static_cast<int>(std::lround(share * highest_ * static_cast<double>(bins_.size())));
    }

    void add(int k, double amplitude)
    {
        if (k < static_cast<int>(bins_.size()) / 2)
            bins_[k] += static_cast<float>(amplitude) * rng_.complex_normal();
    }

    Samples bins_;
    double highest_;
    Rng& rng_;
};

void fill_voice(Spectrum& spectrum, Rng& rng)
{
    const double pitch = rng.uniform(0.03, 0.08);
    const double formants[] = { rng.uniform(0.1, 0.25), rng.uniform(0.3, 0.6), rng.uniform(0.65, 0.9) };
    const double wavering = rng.uniform(0.0, 0.1) * pitch;
    for (double f = pitch; f <= 1.0; f += pitch) {
        double amplitude = 0.02;
        for (const double formant : formants)
            amplitude += (0.15 / formant) * std::exp(-std::pow((f - formant) / 0.08, 2.0));
        spectrum.line(f, amplitude, wavering * f / pitch);
    }
    spectrum.band(0.1, 1.0, rng.uniform(0.05, 1.0), -3.0);
}

void fill_music(Spectrum& spectrum, Rng& rng)
{
    const auto tones = rng.integer(1, 5);
    for (std::int64_t i = 0; i < tones; ++i) {
        const double root = rng.log_uniform(0.02, 0.5);
        for (int overtone = 1; overtone * root <= 1.0 && overtone <= 6; ++overtone)
            spectrum.line(overtone * root, 1.0 / overtone, 0.0);
    }
    spectrum.band(0.02, 1.0, rng.uniform(0.0, 0.5), -6.0);
}

void fill_multiplex(Spectrum& spectrum, Rng& rng)
{
    constexpr double kHighestHz = 53e3;
    spectrum.band(100 / kHighestHz, 15e3 / kHighestHz, rng.uniform(0.3, 3.0), -3.0);
    spectrum.line(19e3 / kHighestHz, 0.5, 0.0);
    spectrum.band(23e3 / kHighestHz, 1.0, rng.uniform(0.0, 0.5), 0.0);
}

/// Tones at 0.4 and 0.73 of the highest frequency, keyed at 0.4 of it: Bell 202 in a voice channel.
std::vector<float> data_tones(double highest, int count, Rng& rng)
{
    CpmConfig config;
    config.modulation_index = 0.83;
    config.samples_per_symbol = 1.0 / (0.4 * highest);
    config.first_symbol = -rng.uniform() * config.samples_per_symbol;
    const int symbols = static_cast<int>(count / config.samples_per_symbol) + 3;
    Samples tones = modulate_cpm(to_levels(draw_symbols(2, symbols, rng), 2), config, count);
    mix(tones, { 0.567 * highest, 0.0, 0.0, rng.uniform(0.0, 2.0 * M_PI) }, rng);
    std::vector<float> samples(tones.size());
    for (std::size_t n = 0; n < samples.size(); ++n)
        samples[n] = 0.99f * tones[n].real();
    return samples;
}

} // namespace

std::vector<float> make_message(Message kind, double highest, int count, Rng& rng)
{
    if (kind == Message::data)
        return data_tones(highest, count, rng);
    Spectrum spectrum(count, highest, rng);
    switch (kind) {
    case Message::voice:
        fill_voice(spectrum, rng);
        break;
    case Message::music:
        fill_music(spectrum, rng);
        break;
    case Message::multiplex:
        fill_multiplex(spectrum, rng);
        break;
    case Message::data:
        break;
    case Message::quiet:
        spectrum.band(0.0, 1.0, 1.0, -2.0);
        spectrum.line(rng.uniform(0.01, 0.1), 1.0, 0.0);
        break;
    }
    auto message = spectrum.to_samples(count);
    const auto level = static_cast<float>(kind == Message::quiet ? rng.uniform(0.15, 0.4) : rng.uniform(0.5, 1.0));
    for (auto& x : message)
        x *= level;
    return message;
}

} // namespace prunedamr::synth
