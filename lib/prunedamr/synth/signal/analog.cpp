// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"

#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/fft.h"
#include "prunedamr/synth/signal/phasor.h"

#include <volk/volk.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunedamr::synth {
namespace {

constexpr float kPeakToRms = 3.0f; // messages are limited at this many times their RMS, as transmitters do

/// The spectrum of a real message, filled from its lines and bands; positive frequencies only.
class Spectrum
{
public:
    Spectrum(int count, double highest, Rng& rng)
        : size_(fast_transform_size(count)), highest_(highest), power_(static_cast<std::size_t>(size_ / 2 + 1)),
          rng_(rng)
    {
    }

    /// Random phases between two frequencies (as fractions of the highest), amplitude falling with `slope` dB per
    /// octave.
    void band(double low, double high, double amplitude, double slope_db)
    {
        const int first = std::max(1, bin(low)), last = std::min(bin(high), top());
        const double scale = amplitude / std::sqrt(static_cast<double>(std::max(1, bin(high) - first + 1)));
        const auto level = [&](int k) { return scale * std::pow(static_cast<double>(k) / first, slope_db / 6.02); };
        double left = level(first);
        for (int k = first; k <= last;) { // straight between bins that lie 1/32 apart
            const int width = std::min(1 + k / 32, last + 1 - k);
            const double right = level(k + width), rise = (right - left) / width;
            for (int i = 0; i < width; ++i)
                add(k + i, left + rise * i);
            k += width;
            left = right;
        }
    }

    /// A line, a few bins wide when it wavers.
    void line(double frequency, double amplitude, double width)
    {
        const int center = std::max(1, bin(frequency));
        const int reach = static_cast<int>(width * highest_ * size_);
        const double level = amplitude / std::sqrt(2.0 * reach + 1.0);
        for (int k = std::max(1, center - reach); k <= std::min(center + reach, top()); ++k)
            add(k, level);
    }

    /// What lies at f moves to `about` - f, both fractions of the highest frequency; what falls outside is lost.
    void invert(double about)
    {
        std::vector<float> inverted(power_.size());
        const int mirror = bin(about), last = std::min(bin(1.0), top());
        used_ = 0;
        for (int k = std::max(1, mirror - top()); k <= std::min(mirror - 1, last); ++k) {
            inverted[k] = power_[mirror - k];
            used_ = static_cast<std::size_t>(k + 1);
        }
        power_ = std::move(inverted);
    }

    std::vector<float> to_samples(int count)
    {
        Samples bins(power_.size());
        fill_normals(bins.data(), used_, rng_);
        for (std::size_t k = 0; k < used_; ++k)
            bins[k] *= std::sqrt(power_[k]);
        auto samples = transform_inverse_real(bins, size_);
        samples.resize(static_cast<std::size_t>(count));
        float power = 0.0f;
        volk_32f_x2_dot_prod_32f(&power, samples.data(), samples.data(), static_cast<unsigned>(count));
        const float scale = 1.0f / (kPeakToRms * std::sqrt(power / static_cast<float>(count)) + 1e-30f);
        for (auto& x : samples)
            x = std::min(std::max(scale * x, -1.0f), 1.0f);
        return samples;
    }

private:
    int top() const { return size_ / 2 - 1; }
    int bin(double fraction) const { return static_cast<int>(std::lround(fraction * highest_ * size_)); }

    /// Independent parts add in power.
    void add(int k, double amplitude)
    {
        power_[k] += static_cast<float>(amplitude * amplitude);
        used_ = std::max(used_, static_cast<std::size_t>(k + 1));
    }

    int size_;
    double highest_;
    std::vector<float> power_; ///< mean square, by bin
    std::size_t used_ = 0;
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
    case Message::scrambled:
        fill_voice(spectrum, rng);
        spectrum.invert(rng.uniform(1.0, 1.2));
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

Samples modulate_am(const std::vector<float>& message, double depth)
{
    Samples out(message.size());
    for (std::size_t n = 0; n < message.size(); ++n)
        out[n] = 1.0f + static_cast<float>(depth) * message[n];
    return out;
}

Samples modulate_ssb(const std::vector<float>& message, bool upper, double bandwidth)
{
    Samples out(message.begin(), message.end());
    out.resize(static_cast<std::size_t>(fast_transform_size(static_cast<int>(out.size()))));
    std::vector<float> positive(out.size()); // frequencies
    std::fill(positive.begin() + 1, positive.begin() + static_cast<std::ptrdiff_t>(out.size() / 2),
              1.0f / static_cast<float>(out.size()));
    multiply_spectrum(out, positive);
    out.resize(message.size());
    Rng unused(0);
    mix(out, { -bandwidth / 2 }, unused);
    if (!upper)
        for (auto& x : out)
            x = std::conj(x);
    return out;
}

Samples modulate_fm(const std::vector<float>& message, double deviation)
{
    constexpr std::size_t kStride = 16; // samples summed in float
    std::vector<float> turns(message.size());
    const auto step = static_cast<float>(deviation);
    double start = 0.0;
    for (std::size_t first = 0; first < message.size(); first += kStride) {
        float part = 0.0f;
        for (std::size_t n = first; n < std::min(first + kStride, message.size()); ++n) {
            part += step * message[n];
            turns[n] = static_cast<float>(start) + part;
        }
        start += static_cast<double>(part);
        start -= std::floor(start);
    }
    Samples out(message.size());
    write_phasors(turns.data(), turns.size(), out.data());
    return out;
}

void pre_emphasize(std::vector<float>& message, double corner)
{
    const auto lift = static_cast<float>(1.0 / (2.0 * M_PI * corner));
    float before = 0.0f, peak = 1e-30f, old_peak = 0.0f;
    for (auto& x : message) {
        old_peak = std::max(old_peak, std::abs(x));
        const float lifted = x + lift * (x - before);
        before = x;
        x = lifted;
        peak = std::max(peak, std::abs(lifted));
    }
    const float gain = old_peak / peak;
    for (auto& x : message)
        x *= gain;
}

} // namespace prunedamr::synth
