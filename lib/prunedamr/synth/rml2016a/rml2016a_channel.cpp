// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/rml2016a_channel.h"

#include "prunedamr/base/error.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/phasor.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace prunedamr::synth {
namespace {

constexpr int kTaps = MmseInterpolator::kTaps;

/// Correlation of two samples `distance` apart of a signal that fills +-1/4 of the rate.
double correlation(double distance)
{
    const double x = M_PI * distance / 2;
    return x == 0.0 ? 1.0 : std::sin(x) / x;
}

/// The normal equations R h = r, by Gaussian elimination (R is positive definite: no pivoting).
std::array<float, kTaps> solve(double mu)
{
    double rows[kTaps][kTaps + 1];
    for (int i = 0; i < kTaps; ++i) {
        for (int k = 0; k < kTaps; ++k)
            rows[i][k] = correlation(i - k);
        rows[i][kTaps] = correlation(i - MmseInterpolator::kLead - mu);
    }
    for (int pivot = 0; pivot < kTaps; ++pivot)
        for (int i = pivot + 1; i < kTaps; ++i) {
            const double factor = rows[i][pivot] / rows[pivot][pivot];
            for (int k = pivot; k <= kTaps; ++k)
                rows[i][k] -= factor * rows[pivot][k];
        }
    double solution[kTaps];
    std::array<float, kTaps> taps;
    for (int i = kTaps - 1; i >= 0; --i) {
        double rest = rows[i][kTaps];
        for (int k = i + 1; k < kTaps; ++k)
            rest -= rows[i][k] * solution[k];
        solution[i] = rest / rows[i][i];
        taps[i] = static_cast<float>(solution[i]);
    }
    return taps;
}

} // namespace

MmseInterpolator::MmseInterpolator()
{
    for (int step = 0; step <= kSteps; ++step)
        taps_[step] = solve(static_cast<double>(step) / kSteps);
}

const MmseInterpolator& MmseInterpolator::instance()
{
    static const MmseInterpolator interpolator;
    return interpolator;
}

namespace {

/// offset(0..count-1) of one walk, in cycles of the sample rate.
std::vector<float> walk_offsets(const OffsetWalk& walk, std::size_t count, Rng& rng)
{
    Samples steps((count + 1) / 2); // two real steps of variance 1/2 in each
    fill_normals(steps.data(), steps.size(), rng);
    const double scale = walk.step_hz * std::sqrt(2.0);
    std::vector<float> offsets(count);
    double offset_hz = 0.0;
    for (std::size_t n = 0; n < count; ++n) {
        const auto& pair = steps[n / 2];
        offset_hz += scale * static_cast<double>(n % 2 == 0 ? pair.real() : pair.imag());
        offset_hz = std::clamp(offset_hz, -walk.limit_hz, walk.limit_hz);
        offsets[n] = static_cast<float>(offset_hz / walk.sample_rate_hz);
    }
    return offsets;
}

} // namespace

Samples offset_sample_rate(const Samples& in, const OffsetWalk& walk, Rng& rng)
{
    const auto longest = static_cast<std::size_t>(
        std::ceil(static_cast<double>(in.size()) / (1.0 - walk.limit_hz / walk.sample_rate_hz)));
    const auto offsets = walk_offsets(walk, longest, rng);
    const auto& interpolator = MmseInterpolator::instance();
    Samples out;
    out.reserve(longest);
    std::size_t whole = 0;
    double mu = 0.0;
    while (whole + MmseInterpolator::kTaps <= in.size()) {
        out.push_back(interpolator.at(in.data() + whole, mu));
        mu += 1.0 + offsets[out.size() - 1];
        const double step = std::floor(mu);
        mu -= step;
        whole += static_cast<std::size_t>(step);
    }
    return out;
}

void offset_carrier(Samples& samples, const OffsetWalk& walk, Rng& rng)
{
    auto phases = walk_offsets(walk, samples.size(), rng);
    double turns = 0.0;
    for (auto& phase : phases) {
        turns += static_cast<double>(phase);
        turns -= std::floor(turns);
        phase = static_cast<float>(turns);
    }
    multiply_phasors(phases.data(), phases.size(), samples.data());
}

namespace {

constexpr int kSinusoids = 8; // N of the model; GNU Radio 3.7 sums one less
constexpr double kDoppler = 2.0 * M_PI * 1.0 / 200e3;
constexpr double kRicianK = 4.0;
constexpr std::array<double, kFadingPaths> kDelays = { 0.0, 0.9, 1.7 };
constexpr std::array<double, kFadingPaths> kMagnitudes = { 1.0, 0.8, 0.3 };
constexpr int kStride = 128; // samples between which the gains, of 1 Hz, are interpolated (error below 1e-5)

/// The phases of one path, in the order in which GNU Radio draws them.
struct Phases {
    double theta, theta_los;
    std::array<double, kSinusoids + 1> psi, phi;

    template <typename Draw> explicit Phases(const Draw& draw) : theta(draw()), theta_los(draw())
    {
        for (int n = 0; n <= kSinusoids; ++n) {
            psi[n] = draw();
            phi[n] = draw();
        }
    }
    double angle(int n) const { return (2.0 * M_PI * n - M_PI + theta) / (4.0 * kSinusoids); }
};

/// The line of sight of path 0, and what it leaves to the sinusoids.
void add_line_of_sight(FadingPath& path, const Phases& phases)
{
    path.line_of_sight = { kDoppler * std::cos(phases.theta_los), phases.psi[0] };
    path.line_of_sight_scale = std::sqrt(kRicianK / (kRicianK + 1.0));
    path.scale /= std::sqrt(kRicianK + 1.0);
}

template <typename Draw> FadingPath rml_path(int index, const Draw& draw)
{
    const Phases phases(draw);
    FadingPath path;
    path.scale = std::sqrt(2.0 / kSinusoids);
    for (int n = 1; n < kSinusoids; ++n) {
        path.in_phase.push_back({ kDoppler * std::cos(phases.angle(n)), phases.psi[n + 1] });
        path.quadrature.push_back({ kDoppler * std::sin(phases.angle(n)), phases.phi[n + 1] });
    }
    if (index == 0)
        add_line_of_sight(path, phases);
    return path;
}

template <typename Draw> FadingPath modern_path(int index, const Draw& draw)
{
    const Phases phases(draw);
    FadingPath path;
    path.scale = std::sqrt(1.0 / kSinusoids);
    for (int n = 1; n <= kSinusoids; ++n) {
        const double rate = kDoppler * std::cos(phases.angle(n));
        path.in_phase.push_back({ rate, phases.psi[n] + rate }); // it turns before the first sample
        path.quadrature.push_back({ rate, phases.phi[n] + rate - M_PI / 2 });
    }
    if (index == 0) {
        add_line_of_sight(path, phases);
        path.line_of_sight.phase += path.line_of_sight.rate;
    }
    return path;
}

double on_the_circle(double unit)
{
    return (2.0 * unit - 1.0) * M_PI;
}

/// Sum over k of taps[k] x(n - k); `x` points at x(n).
std::complex<float> filter(const std::array<float, Fader::kTaps>& taps, const std::complex<float>* x)
{
    float re = 0.0f, im = 0.0f;
    for (int k = 0; k < Fader::kTaps; ++k) {
        re += taps[k] * x[-k].real();
        im += taps[k] * x[-k].imag();
    }
    return { re, im };
}

std::array<std::complex<float>, kFadingPaths> gains(const FadingPaths& paths, std::size_t sample)
{
    std::array<std::complex<float>, kFadingPaths> h;
    for (int path = 0; path < kFadingPaths; ++path)
        h[path] = std::complex<float>(paths[path].gain(static_cast<double>(sample)));
    return h;
}

} // namespace

Fading fading_from_string(const std::string& name)
{
    if (name == "rml")
        return Fading::rml;
    if (name == "modern")
        return Fading::modern;
    if (name == "random")
        return Fading::random;
    if (name == "none")
        return Fading::none;
    throw Error({ "unknown fading", "recipe rml2016a", name, "rml, modern, random or none" });
}

std::complex<double> FadingPath::gain(double sample) const
{
    double re = 0.0, im = 0.0;
    for (const Wave& wave : in_phase)
        re += std::cos(wave.rate * sample + wave.phase);
    for (const Wave& wave : quadrature)
        im += std::cos(wave.rate * sample + wave.phase);
    return scale * std::complex<double>(re, im) +
           std::polar(line_of_sight_scale, line_of_sight.rate * sample + line_of_sight.phase);
}

FadingPaths rml_fading_paths(std::uint32_t seed)
{
    FadingPaths paths;
    for (int index = 0; index < kFadingPaths; ++index) {
        std::mt19937 twister(seed + static_cast<std::uint32_t>(index));
        paths[index] = rml_path(index, [&] { return on_the_circle(static_cast<double>(twister()) * 0x1p-32); });
    }
    return paths;
}

FadingPaths modern_fading_paths(std::uint32_t seed)
{
    FadingPaths paths;
    for (int index = 0; index < kFadingPaths; ++index) {
        std::mt19937 twister(seed + static_cast<std::uint32_t>(index));
        paths[index] = modern_path(index, [&] { // two words for one number, as libstdc++ draws doubles
            const double low = static_cast<double>(twister());
            return on_the_circle((low + static_cast<double>(twister()) * 0x1p32) * 0x1p-64);
        });
    }
    return paths;
}

FadingPaths random_fading_paths(Rng& rng)
{
    FadingPaths paths;
    for (int index = 0; index < kFadingPaths; ++index)
        paths[index] = rml_path(index, [&] { return on_the_circle(rng.uniform()); });
    return paths;
}

Fader::Fader(Fading model) : model_(model)
{
    if (model == Fading::rml)
        paths_ = rml_fading_paths();
    if (model == Fading::modern)
        paths_ = modern_fading_paths();
    const double spacing = model == Fading::modern ? 1.0 : 2.0;
    for (int path = 0; path < kFadingPaths; ++path)
        for (int k = 0; k < kTaps; ++k) {
            const double x = M_PI * spacing * (k - kDelays[path]);
            taps_[path][k] = static_cast<float>(kMagnitudes[path] * (x == 0.0 ? 1.0 : std::sin(x) / x));
        }
}

void Fader::apply(Samples& samples, Rng& rng) const
{
    if (model_ == Fading::none)
        return;
    const FadingPaths paths = model_ == Fading::random ? random_fading_paths(rng) : paths_;
    Samples in(samples.size() + kTaps - 1);
    std::copy(samples.begin(), samples.end(), in.begin() + kTaps - 1);
    auto next = gains(paths, 0);
    for (std::size_t start = 0; start < samples.size(); start += kStride) {
        const auto now = next;
        next = gains(paths, start + kStride);
        for (std::size_t n = start; n < std::min(start + kStride, samples.size()); ++n) {
            const float fraction = static_cast<float>(n - start) / kStride;
            float re = 0.0f, im = 0.0f;
            for (int path = 0; path < kFadingPaths; ++path) {
                const auto h = now[path] + fraction * (next[path] - now[path]);
                const auto x = filter(taps_[path], in.data() + n + kTaps - 1);
                re += h.real() * x.real() - h.imag() * x.imag();
                im += h.real() * x.imag() + h.imag() * x.real();
            }
            samples[n] = { re, im };
        }
    }
}

} // namespace prunedamr::synth
