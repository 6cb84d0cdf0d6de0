// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/analog.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/message.h"

namespace prunedamr::synth {
namespace {

const std::vector<std::string> kMessages = { "voice", "scrambled", "music", "multiplex", "data", "quiet" };
constexpr Message kMessageOf[] = { Message::voice,     Message::scrambled, Message::music,
                                   Message::multiplex, Message::data,      Message::quiet };

/// "stereo": I carries a message beside the carrier, Q another one. "independent": a message on each sideband.
const std::vector<std::string> kCarriers = { "full",           "suppressed", "upper_sideband",
                                             "lower_sideband", "stereo",     "independent" };
enum Carrier { full, suppressed, upper_sideband, lower_sideband, stereo, independent };

class AmModulator : public Modulator
{
public:
    explicit AmModulator(Fields& fields)
        : bandwidth_(fields.distribution("bandwidth", 0.0, 1.0)), carrier_(fields.choice("carrier", kCarriers)),
          depth_(fields.distribution("depth", 0.0, 1.0)), message_(fields.choice("message", kMessages))
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        const int carrier = carrier_.draw(rng);
        const bool single = carrier == Carrier::upper_sideband || carrier == Carrier::lower_sideband;
        const double bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        const double highest = single ? bandwidth : bandwidth / 2;
        const auto message = make_message(kMessageOf[message_.draw(rng)], highest, count, rng);
        if (single)
            return { modulate_ssb(message, carrier == Carrier::upper_sideband, bandwidth), bandwidth };
        if (carrier == Carrier::suppressed)
            return { Samples(message.begin(), message.end()), bandwidth };
        if (carrier == Carrier::full)
            return { modulate_am(message, depth_.draw(rng)), bandwidth };
        const auto other = make_message(kMessageOf[message_.draw(rng)], highest, count, rng);
        return { carrier == Carrier::stereo ? modulate_stereo(message, other, depth_.draw(rng))
                                            : modulate_independent(message, other, highest),
                 bandwidth };
    }

private:
    static Samples modulate_stereo(const std::vector<float>& in_phase, const std::vector<float>& quadrature,
                                   double depth)
    {
        Samples samples = modulate_am(in_phase, depth);
        for (std::size_t n = 0; n < samples.size(); ++n)
            samples[n].imag(static_cast<float>(depth) * quadrature[n]);
        return samples;
    }

    static Samples modulate_independent(const std::vector<float>& upper, const std::vector<float>& lower,
                                        double highest)
    {
        Samples samples = modulate_ssb(upper, true, highest), below = modulate_ssb(lower, false, highest);
        Rng unused(0);
        mix(samples, { highest / 2 }, unused);
        mix(below, { -highest / 2 }, unused);
        for (std::size_t n = 0; n < samples.size(); ++n)
            samples[n] += below[n];
        return samples;
    }

    Distribution bandwidth_;
    Choice carrier_;
    Distribution depth_;
    Choice message_;
};

/// Carson's rule: bandwidth = 2 (deviation + highest message frequency).
class FmModulator : public Modulator
{
public:
    explicit FmModulator(Fields& fields)
        : bandwidth_(fields.distribution("bandwidth", 0.0, 1.0)), index_(fields.distribution("index", 0.01, 100.0)),
          pre_emphasis_(fields.probability("pre_emphasis")), message_(fields.choice("message", kMessages)),
          envelope_(fields.distribution("envelope", 0.0, 1.0))
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        const double bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        const double index = index_.draw(rng);
        const double highest = bandwidth / 2 / (1.0 + index);
        auto message = make_message(kMessageOf[message_.draw(rng)], highest, count, rng);
        if (rng.chance(pre_emphasis_))
            pre_emphasise(message, 0.2 * highest);
        Samples samples = modulate_fm(message, index * highest);
        const auto depth = static_cast<float>(envelope_.draw(rng));
        if (depth > 0.0f) {
            const auto envelope = make_message(kMessageOf[message_.draw(rng)], highest, count, rng);
            for (std::size_t n = 0; n < samples.size(); ++n)
                samples[n] *= 1.0f + depth * envelope[n];
        }
        return { std::move(samples), bandwidth };
    }

private:
    Distribution bandwidth_;
    Distribution index_;
    double pre_emphasis_;
    Choice message_;
    Distribution envelope_; ///< depth of a message in the amplitude
};

} // namespace

std::unique_ptr<Modulator> make_am_modulator(Fields& fields)
{
    return std::make_unique<AmModulator>(fields);
}

std::unique_ptr<Modulator> make_fm_modulator(Fields& fields)
{
    return std::make_unique<FmModulator>(fields);
}

} // namespace prunedamr::synth
