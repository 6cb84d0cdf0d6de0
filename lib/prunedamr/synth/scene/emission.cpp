// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/scene/emission.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/windowed_sinc.h"

#include <volk/volk.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

const auto& kernel()
{
    static const dsp::FractionalInterpolator<std::complex<float>, Interpolator::kReach> kernel(6.8); // 70 dB
    return kernel;
}

} // namespace

Interpolator::Interpolator(double step) : step_(step)
{
    PRUNEDAMR_CHECK(step > 0.0 && step <= 1.0, "an interpolator's step is in its range");
}

void Interpolator::run(const Samples& in, double first, std::complex<float>* out, std::size_t count) const
{
    PRUNEDAMR_CHECK(first >= kReach &&
                        first + static_cast<double>(count) * step_ + kReach < static_cast<double>(in.size()),
                    "an interpolator's samples are there");
    const auto& between = kernel();
    for (std::size_t k = 0; k < count; ++k)
        out[k] = between.at(in.data(), first + static_cast<double>(k) * step_);
}

namespace {

/// Nominal bandwidth at the transmitter's own rate, cycles per sample: signals of every class keep their shape
/// there.
constexpr double kNarrowest = 0.15, kWidest = 0.3;
constexpr double kLead = 32.0; // own samples on either side: more than the interpolator reaches
constexpr double kMaxOwnSamples = 1 << 27;
constexpr std::size_t kChunk = 4096;                      // samples
constexpr double kShortestRamp = 0.02, kLongestRamp = 8.0; // symbols
constexpr double kPulled = 0.4;                           // probability that the oscillator is
constexpr double kMostPull = 0.7;                         // of the bandwidth that keying leaves

double mean_power(Samples::const_iterator begin, Samples::const_iterator end)
{
    double sum = 0.0;
    for (auto x = begin; x != end; ++x)
        sum += std::norm(*x);
    return sum / static_cast<double>(end - begin);
}

} // namespace

struct Emission::Impl {
    Impl(const Transmitters& transmitters, const EmissionConfig& wanted, Rng& rng);
    void add_burst(std::size_t burst, std::uint64_t begin, std::uint64_t end, std::complex<float>* out);
    void pull(double frequency, double time);
    float gate(std::uint64_t place) const;

    EmissionConfig config;
    Samples own;       ///< at the transmitter's rate, all bursts
    double step = 1.0; ///< own samples per sample of the capture
    Samples chunk;     ///< at the capture's rate
    std::uint64_t ramp = 1;
    double phase = 0.0; ///< of the oscillator at sample 0, turns
};

Emission::Impl::Impl(const Transmitters& transmitters, const EmissionConfig& wanted, Rng& rng)
    : config(wanted), chunk(kChunk)
{
    const double on = static_cast<double>(config.count) * static_cast<double>(config.starts.size());
    // The transmitter's rate is never above the capture's, so that nothing has to be filtered away.
    SignalLimits limits{ std::max(kNarrowest, config.bandwidth), std::max(kWidest, config.bandwidth) };
    if (config.skirts > 0.0)
        limits.narrowest = limits.widest = config.bandwidth / config.skirts;
    limits.unshaped = config.skirts > 0.0;
    limits.pauses = false; // one emission is one transmission
    const double most = (config.skirts > 0.0 ? on : on * config.bandwidth / limits.narrowest) + 2.0 * kLead;
    if (most > kMaxOwnSamples)
        throw Error({ "transmission is too long", config.label, std::to_string(config.count) + " samples a burst",
                      "shorter or fewer bursts" });
    Signal signal = transmitters.transmit(config.label, static_cast<int>(most) + 1, limits, rng);
    step = config.skirts > 0.0 ? 1.0 : std::min(1.0, config.bandwidth / signal.bandwidth);
    own = std::move(signal.samples);
    own.resize(std::min(own.size(), static_cast<std::size_t>(on * step + 2.0 * kLead) + 1));
    if (const auto period = static_cast<std::size_t>(config.pattern * step); period > 0)
        for (std::size_t i = period; i < own.size(); ++i)
            own[i] = own[i - period];
    const double power = mean_power(own.begin() + Interpolator::kReach, own.end() - Interpolator::kReach);
    const double scale = power > 0.0 ? std::sqrt(config.power / power) : 0.0; // a silent stretch of speech
    for (auto& x : own)
        x *= static_cast<float>(scale);
    const bool is_switched = config.label == "OOK" || config.label == "CW";
    if (is_switched && config.skirts > 1.0 && rng.chance(kPulled))
        pull((1.0 - 1.0 / config.skirts) * config.bandwidth * kMostPull * rng.uniform(-1.0, 1.0),
             config.skirts / config.bandwidth * rng.log_uniform(0.1, 3.0));
    phase = rng.uniform();
    ramp = static_cast<std::uint64_t>(std::clamp(rng.log_uniform(kShortestRamp, kLongestRamp) / config.bandwidth,
                                                 1.0, static_cast<double>(config.count) / 16.0));
}

/// While the transmitter is on, its frequency runs by `frequency` (cycles per sample) within `time` samples, and back
/// while it is off.
void Emission::Impl::pull(double frequency, double time)
{
    double mean = 0.0, at = 0.0, turns = 0.0;
    for (const auto& x : own)
        mean += std::norm(x) / static_cast<double>(own.size());
    for (auto& x : own) {
        at += ((std::norm(x) > mean ? 0.5 : -0.5) * frequency - at) / (1.0 + time);
        turns += at;
        turns -= std::floor(turns);
        x *= std::complex<float>(std::polar(1.0, 2.0 * M_PI * turns));
    }
}

/// Raised-cosine flanks of a burst.
float Emission::Impl::gate(std::uint64_t place) const
{
    const std::uint64_t edge = std::min(place, config.count - 1 - place);
    const double fraction = (static_cast<double>(edge) + 0.5) / static_cast<double>(ramp);
    return edge < ramp ? static_cast<float>(0.5 - 0.5 * std::cos(M_PI * fraction)) : 1.0f;
}

/// Adds the samples begin..end of the capture, all inside of one burst.
void Emission::Impl::add_burst(std::size_t burst, std::uint64_t begin, std::uint64_t end, std::complex<float>* out)
{
    const Interpolator interpolator(step);
    const double center = config.center_of(burst);
    for (std::uint64_t at = begin; at < end;) {
        const std::uint64_t part = std::min<std::uint64_t>(end - at, kChunk), place = at - config.starts[burst];
        const double before = static_cast<double>(burst) * static_cast<double>(config.count);
        interpolator.run(own, Interpolator::kReach + (before + static_cast<double>(place)) * step, chunk.data(),
                         part);
        // Within a chunk the frequency is that of its middle: the phase meets the next chunk's.
        const double middle = static_cast<double>(at) + 0.5 * static_cast<double>(part);
        const std::complex<float> turn(std::polar(1.0, 2.0 * M_PI * (center + config.drift * middle)));
        const double turns =
            phase + (center + 0.5 * config.drift * static_cast<double>(at)) * static_cast<double>(at);
        auto oscillator = std::complex<float>(std::polar(1.0, 2.0 * M_PI * (turns - std::floor(turns))));
        volk_32fc_s32fc_x2_rotator_32fc(chunk.data(), chunk.data(), turn, &oscillator, static_cast<unsigned>(part));
        for (std::uint64_t i = 0; i < part; ++i)
            *out++ += gate(place + i) * chunk[i];
        at += part;
    }
}

Emission::Emission(const Transmitters& transmitters, const EmissionConfig& config, Rng& rng)
    : impl_(std::make_unique<Impl>(transmitters, config, rng))
{
}

Emission::~Emission() = default;
Emission::Emission(Emission&&) noexcept = default;
Emission& Emission::operator=(Emission&&) noexcept = default;

void Emission::add_to(std::complex<float>* out, std::uint64_t at, std::uint64_t count)
{
    const auto& starts = impl_->config.starts;
    for (std::size_t k = 0; k < starts.size(); ++k) {
        const std::uint64_t begin = std::max(at, starts[k]),
                            end = std::min(at + count, starts[k] + impl_->config.count);
        if (begin < end)
            impl_->add_burst(k, begin, end, out + (begin - at));
    }
}

std::uint64_t Emission::end() const
{
    return impl_->config.starts.back() + impl_->config.count;
}

} // namespace prunedamr::synth
