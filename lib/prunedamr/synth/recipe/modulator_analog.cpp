// SPDX-License-Identifier: GPL-3.0-or-later

#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/modulators.h"

#include <algorithm>
#include <cmath>

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
    explicit AmModulator(JsonObject& fields)
        : bandwidth_(fields, "bandwidth", 0.0, 1.0), carrier_(fields, "carrier", kCarriers),
          depth_(fields, "depth", 0.0, 1.0), message_(fields, "message", kMessages)
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
    WeightedChoice carrier_;
    Distribution depth_;
    WeightedChoice message_;
};

/// Carson's rule: bandwidth = 2 (deviation + highest message frequency).
class FmModulator : public Modulator
{
public:
    explicit FmModulator(JsonObject& fields)
        : bandwidth_(fields, "bandwidth", 0.0, 1.0), index_(fields, "index", 0.01, 100.0),
          pre_emphasis_(fields.number("pre_emphasis", 0.0, 1.0)), message_(fields, "message", kMessages),
          envelope_(fields, "envelope", 0.0, 1.0)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        const double bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        const double index = index_.draw(rng);
        const double highest = bandwidth / 2 / (1.0 + index);
        auto message = make_message(kMessageOf[message_.draw(rng)], highest, count, rng);
        if (rng.chance(pre_emphasis_))
            pre_emphasize(message, 0.2 * highest);
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
    WeightedChoice message_;
    Distribution envelope_; ///< depth of a message in the amplitude
};

} // namespace

std::unique_ptr<Modulator> make_am_modulator(JsonObject& fields)
{
    return std::make_unique<AmModulator>(fields);
}

std::unique_ptr<Modulator> make_fm_modulator(JsonObject& fields)
{
    return std::make_unique<FmModulator>(fields);
}

namespace {

class ChirpModulator : public Modulator
{
public:
    explicit ChirpModulator(JsonObject& fields)
        : bandwidth_(fields, "bandwidth", 0.0, 1.0), spreading_factor_(fields, "spreading_factor", 5, 12),
          preamble_(fields, "preamble_symbols", 0, 64), downwards_(fields.number("downwards", 0.0, 1.0))
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        ChirpConfig config;
        config.bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        config.spreading_factor = static_cast<int>(std::lround(spreading_factor_.draw(rng)));
        config.preamble = static_cast<int>(std::lround(preamble_.draw(rng)));
        config.downwards = rng.chance(downwards_);
        const double chips = std::exp2(config.spreading_factor);
        config.first_symbol = -(1.0 + 2.0 * rng.uniform()) * chips / config.bandwidth;
        std::vector<std::uint16_t> symbols(static_cast<std::size_t>(count * config.bandwidth / chips) + 4);
        for (auto& symbol : symbols)
            symbol = static_cast<std::uint16_t>(rng.integer(0, static_cast<std::int64_t>(chips) - 1));
        return { modulate_chirp(symbols, config, count), config.bandwidth };
    }

private:
    Distribution bandwidth_;
    Distribution spreading_factor_;
    Distribution preamble_;
    double downwards_;
};

/// A bare carrier. It has no band of its own: its SNR counts in a nominal one.
class CarrierModulator : public Modulator
{
public:
    explicit CarrierModulator(JsonObject& fields) : bandwidth_(fields, "bandwidth", 0.0, 1.0) {}

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        return { Samples(static_cast<std::size_t>(count), 1.0f), draw_bandwidth(bandwidth_, limits, rng) };
    }

private:
    Distribution bandwidth_;
};

} // namespace

std::unique_ptr<Modulator> make_chirp_modulator(JsonObject& fields)
{
    return std::make_unique<ChirpModulator>(fields);
}

std::unique_ptr<Modulator> make_carrier_modulator(JsonObject& fields)
{
    return std::make_unique<CarrierModulator>(fields);
}

namespace {

const std::vector<std::string> kSubcarriers = { "BPSK", "QPSK", "16QAM", "64QAM", "256QAM" };

class OfdmModulator : public Modulator
{
public:
    explicit OfdmModulator(JsonObject& fields)
        : transform_size_(fields, "transform_size", 16, 8192), guard_(fields, "guard", 0.0, 0.5),
          occupied_(fields, "occupied", 0.05, 1.0), band_rate_(fields.number("band_rate", 0.0, 1.0)),
          oversampling_(fields, "oversampling", 1.0, 1e4), carriers_(fields, "carriers", kSubcarriers),
          preamble_(fields.number("preamble", 0.0, 1.0)), pilots_(fields.number("pilots", 0.0, 1.0)),
          pilot_spacing_(fields, "pilot_spacing", 2, 64), precoded_(fields.number("precoded", 0.0, 1.0)),
          packets_(fields.number("packets", 0.0, 1.0)), packet_symbols_(fields, "packet_symbols", 1, 1e6),
          gap_symbols_(fields, "gap_symbols", 0.0, 1e4)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        OfdmConfig config;
        config.transform_size = static_cast<int>(std::lround(transform_size_.draw(rng)));
        config.guard = static_cast<int>(std::lround(guard_.draw(rng) * config.transform_size));
        config.occupied = occupied_.draw(rng);
        const double least = std::max(1.0, config.occupied / limits.widest);
        const double most = limits.narrowest > 0.0 ? std::max(least, config.occupied / limits.narrowest) : 1e4;
        const bool at_own_rate = rng.chance(band_rate_) && limits.widest >= SignalLimits{}.widest;
        config.oversampling = at_own_rate ? 1.0 : oversampling_.draw_within(least, most, rng);
        config.carrier_modulation = kSubcarriers[static_cast<std::size_t>(carriers_.draw(rng))];
        config.preamble = rng.chance(preamble_);
        config.pilot_spacing = rng.chance(pilots_) ? static_cast<int>(std::lround(pilot_spacing_.draw(rng))) : 0;
        config.precoded = rng.chance(precoded_);
        if (rng.chance(packets_) && limits.pauses) {
            config.packet_symbols = static_cast<int>(std::lround(packet_symbols_.draw(rng)));
            config.gap_symbols = gap_symbols_.draw(rng);
        }
        return { modulate_ofdm(config, count, false, rng), config.occupied / config.oversampling };
    }

private:
    Distribution transform_size_;
    Distribution guard_;
    Distribution occupied_;
    double band_rate_;
    Distribution oversampling_;
    WeightedChoice carriers_;
    double preamble_;
    double pilots_;
    Distribution pilot_spacing_;
    double precoded_;
    double packets_;
    Distribution packet_symbols_;
    Distribution gap_symbols_;
};

} // namespace

std::unique_ptr<Modulator> make_ofdm_modulator(JsonObject& fields)
{
    return std::make_unique<OfdmModulator>(fields);
}

} // namespace prunedamr::synth
