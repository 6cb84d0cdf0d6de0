// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/analog.h"
#include "prunedamr/synth/signal/message.h"

namespace prunedamr::synth {
namespace {

const std::vector<std::string> kMessages = { "voice", "scrambled", "music", "multiplex", "data", "quiet" };
constexpr Message kMessageOf[] = { Message::voice,     Message::scrambled, Message::music,
                                   Message::multiplex, Message::data,      Message::quiet };

const std::vector<std::string> kCarriers = { "full", "suppressed", "upper_sideband", "lower_sideband" };
enum Carrier { full, suppressed, upper_sideband, lower_sideband };

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
        return { modulate_am(message, depth_.draw(rng)), bandwidth };
    }

private:
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
          pre_emphasis_(fields.probability("pre_emphasis")), message_(fields.choice("message", kMessages))
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
        return { modulate_fm(message, index * highest), bandwidth };
    }

private:
    Distribution bandwidth_;
    Distribution index_;
    double pre_emphasis_;
    Choice message_;
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
