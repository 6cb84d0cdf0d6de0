// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/capture_source.h"
#include "prunedamr/dsp/channelizer.h"
#include "prunedamr/dsp/front_end.h"
#include "prunedamr/dsp/resampler.h"
#include "prunedamr/synth/recipe/modulator.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr int kLongest = 1 << 16;           // samples of an emission that are kept
constexpr int kShortest = 64;               // of which something can be learned
constexpr double kSkirts = 0.62;            // of the bandwidth, to either side, that the filter leaves
constexpr double kWidestPassed = 0.49;      // cycles per sample

/// An emission that somebody has recorded and labeled, at the rate of its channel.
struct PlayedEmission {
    Samples samples;
    double bandwidth = 1.0; ///< cycles per sample
};

/// Where an annotation does not say how wide the signal is: what the front end finds in the middle, which it turns to
/// zero frequency.
void find_band(PlayedEmission& emission)
{
    FrontEndSpec spec;
    dsp::FrontEnd front_end(spec);
    std::vector<float> frames(static_cast<std::size_t>(front_end.max_frames()) * 2 *
                              static_cast<std::size_t>(spec.frame_length));
    const auto count = std::min<std::size_t>(emission.samples.size(), static_cast<std::size_t>(front_end.block_length()));
    const auto first = (emission.samples.size() - count) / 2;
    const dsp::BlockInfo info = front_end.process(emission.samples.data() + first, static_cast<int>(count), frames.data());
    emission.bandwidth = static_cast<double>(info.bandwidth);
    const double turn = -2.0 * M_PI * static_cast<double>(info.center);
    for (std::size_t n = 0; n < emission.samples.size(); ++n)
        emission.samples[n] *= std::complex<float>(std::polar(1.0, std::fmod(turn * static_cast<double>(n), 2.0 * M_PI)));
}

std::vector<PlayedEmission> emissions_of(const std::string& path, const std::string& label, bool only_of_persons)
{
    std::vector<PlayedEmission> found;
    recording::Recording recording(path, {});
    for (const auto& stretch : dataset::plan_capture(recording.info(), "", only_of_persons).stretches) {
        if (stretch.label != label)
            continue;
        dsp::Channel channel(stretch.center, stretch.channel_fraction, kLongest);
        Samples wide(static_cast<std::size_t>(
            std::min<std::uint64_t>(stretch.count, static_cast<std::uint64_t>(channel.input_length()))));
        recording.seek(stretch.start);
        wide.resize(recording.read(wide.data(), wide.size()));
        PlayedEmission emission;
        emission.samples.resize(wide.size() + 1);
        emission.samples.resize(static_cast<std::size_t>(
            channel.process(wide.data(), static_cast<int>(wide.size()), emission.samples.data())));
        if (emission.samples.size() < kShortest)
            continue;
        emission.bandwidth = std::min(1.0, stretch.bandwidth / channel.ratio());
        if (stretch.bandwidth >= 1.0)
            find_band(emission);
        if (!(emission.bandwidth > 0.0))
            continue; // nothing was found in it
        found.push_back(std::move(emission));
    }
    return found;
}

/// Emissions of one label, played again from any offset, at any rate; one that is shorter than wanted begins anew. Half of
/// them have their spectrum mirrored, and half are played backwards: few recordings teach more so, and no class is defined
/// by either.
class RecordedModulator : public Modulator
{
public:
    explicit RecordedModulator(JsonObject& fields)
        : bandwidth_(fields, "bandwidth", 0.0, 1.0)
    {
        const auto captures = fields.strings("captures");
        const std::string label = fields.string("label");
        const bool only_of_persons = fields.has("labeled_by_persons") && fields.boolean("labeled_by_persons");
        for (const std::string& path : captures) {
            auto of_file = emissions_of(path, label, only_of_persons);
            std::move(of_file.begin(), of_file.end(), std::back_inserter(emissions_));
        }
        if (emissions_.empty())
            throw Error({ "no recorded emission that can be used", fields.where(), label, "annotations with this label" });
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        const PlayedEmission& emission =
            emissions_[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(emissions_.size()) - 1))];
        const double bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        const std::uint64_t stride = dsp::polyphase_stride(static_cast<float>(bandwidth / emission.bandwidth));
        const double step = std::ldexp(static_cast<double>(stride), -dsp::kPolyphaseFractionBits);
        dsp::PolyphaseConfig config;
        config.cutoff = std::min({ kWidestPassed, kSkirts * emission.bandwidth, 0.5 / step });
        config.semi_length = 20;
        const auto filter = dsp::design_polyphase(config);
        const int first = static_cast<int>(std::ceil(filter.taps / step)) + 1;
        const auto wanted = static_cast<std::size_t>(std::ceil((first + count) * step)) + 2;
        const Samples input = cut_out(emission.samples, wanted, rng);
        Signal signal{ Samples(static_cast<std::size_t>(count)), emission.bandwidth * step };
        dsp::run_polyphase(filter, stride, input.data(), first, first + count, signal.samples.data());
        if (rng.chance(0.5))
            for (auto& sample : signal.samples)
                sample = std::conj(sample);
        if (rng.chance(0.5))
            std::reverse(signal.samples.begin(), signal.samples.end());
        return signal;
    }

private:
    static Samples cut_out(const Samples& samples, std::size_t count, Rng& rng)
    {
        const std::size_t places = samples.size() > count ? samples.size() - count : samples.size() - 1;
        auto at = static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(places)));
        Samples piece(count);
        for (auto& sample : piece) {
            sample = samples[at];
            at = at + 1 < samples.size() ? at + 1 : 0;
        }
        return piece;
    }

    Distribution bandwidth_; ///< in which it is played
    std::vector<PlayedEmission> emissions_;
};

} // namespace

std::unique_ptr<Modulator> make_recorded_modulator(JsonObject& fields)
{
    return std::make_unique<RecordedModulator>(fields);
}

} // namespace prunedamr::synth
