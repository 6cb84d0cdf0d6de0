// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "prunedamr/synth/scene/receiver_faults.h"
#include "prunedamr/synth/scene/scene.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr double kInnerBand = 0.9;     // of the rate
constexpr double kGuard = 0.2;         // of the wider bandwidth, between neighbors
constexpr double kLeastSymbols = 32.0; // of a burst: duration times bandwidth
constexpr double kShort = 8000.0, kShortSnr_db = 12.0; // samples: bursts below have this SNR and more
constexpr double kLeastAnalog = 2000.0; // symbols of a burst of analog modulation
constexpr double kCarriers = 800.0;     // nominal bandwidths of a carrier in the band
constexpr double kLeastGap = 12.0;      // symbols, between transmissions on one channel
constexpr double kLeastCode = 80.0;     // of a keyed burst: its duration times the bandwidth that keying fills
constexpr double kLeastPause = 40.0;    // between keyed bursts, the same: longer than pauses of the code
constexpr double kToneArea = 8.0;       // what is counted as filled by a burst of a bare carrier, times its duration
constexpr double kWidestSkirts = 0.5, kNarrow = 1.0 / 300; // of the rate; what is narrow may stand far out of the noise
constexpr double kNearSnr_db = 30.0, kNearestSnr_db = 65.0; // of a remote control at hand, in the band that keying fills
constexpr double kUnshaped = 0.3;      // probability that PSK and QAM have rectangular pulses
constexpr double kLeastToneGap = 0.7;   // of a burst of a bare carrier, to the next: what is shorter is a key
constexpr int kMostTones = 12;
constexpr int kTries = 300;

bool is_analog(const std::string& label)
{
    return label.compare(0, 2, "AM") == 0 || (label.size() == 4 && label.compare(1, 3, "BFM") == 0);
}

bool is_linear(const std::string& label)
{
    return label.find("PSK") != label.npos || label.find("QAM") != label.npos || label.find("ASK") != label.npos;
}

class BandMaker
{
public:
    BandMaker(const BandSceneConfig& config, Scene& scene) : config_(config), scene_(scene), rng_(config.seed)
    {
        const auto recipe = load_recipe(scene.recipe);
        for (const auto& label : recipe->labels())
            if (!recipe->transmitters().is_noise(label) && label != "unknown")
                labels_.push_back(label);
        near_and_far_ = rng_.chance(0.35);
    }

    void fill()
    {
        if (rng_.chance(0.2))
            place([this] { return Signals{ draw_wide() }; });
        if (rng_.chance(0.35))
            add_grid();
        const auto lasting = rng_.integer(0, 6), bursts = rng_.integer(lasting > 0 ? 0 : 1, 6);
        for (std::int64_t i = 0; i < lasting; ++i)
            place([this] { return Signals{ draw_lasting() }; });
        for (std::int64_t i = 0; i < bursts; ++i)
            place([this] { return Signals{ draw_bursts() }; });
        if (rng_.chance(0.3))
            place([this] { return Signals{ draw_hopper() }; });
        for (const auto& [chance, draw] : { std::pair(0.35, &BandMaker::draw_code), std::pair(0.25, &BandMaker::draw_tones),
                                            std::pair(0.4, &BandMaker::draw_replies),
                                            std::pair(0.25, &BandMaker::draw_slots) })
            if (rng_.chance(chance))
                place([this, draw = draw] { return (this->*draw)(); });
    }

    void draw_receiver() { synth::draw_receiver(scene_, rng_); }

private:
    using Signals = std::vector<SceneSignal>;

    /// Keying by frequency and by switching is what is hardest to keep in one piece: drawn more often.
    std::string draw_label()
    {
        static const std::array<const char*, 4> kKeyed = { "2FSK", "OOK", "4FSK", "GFSK" };
        if (rng_.chance(0.2))
            return kKeyed[static_cast<std::size_t>(rng_.integer(0, 3))];
        return labels_[static_cast<std::size_t>(rng_.integer(0, std::int64_t(labels_.size()) - 1))];
    }

    double draw_snr()
    {
        if (near_and_far_ && rng_.chance(0.3))
            return std::round(rng_.uniform(35.0, 50.0));
        return std::round(10.0 * rng_.uniform(config_.snr_low_db, config_.snr_high_db)) / 10.0;
    }

    SceneSignal draw_signal(double narrowest)
    {
        SceneSignal signal;
        signal.label = draw_label();
        const double rate = scene_.sample_rate_hz;
        signal.bandwidth_hz =
            signal.label == "CW" ? rate / kCarriers : rng_.log_uniform(narrowest * rate, rate / 7);
        signal.snr_db = draw_snr();
        if (signal.bandwidth_hz < kNarrow * rate && rng_.chance(0.15))
            signal.snr_db = std::round(rng_.uniform(kNearSnr_db, kNearestSnr_db));
        if (signal.label == "OOK" && rng_.chance(0.75))
            key_hard(signal, rng_.log_uniform(1.0 / 2000, 1.0 / 30) * rate);
        else if (is_linear(signal.label) && rng_.chance(kUnshaped))
            key_hard(signal, rng_.log_uniform(1.0 / 1000, 1.0 / 15) * rate);
        else if (signal.label == "2FSK" && rng_.chance(0.3))
            signal.skirts = 1.0;
        signal.offset_hz = draw_offset(signal.bandwidth_hz);
        return signal;
    }

    /// A carrier that is switched, or whose phase jumps: the stronger it is, the more of its skirts is seen, and belongs to it. They fall with
    /// the square of the distance and meet the noise at sqrt(SNR) / (2 pi) of the band that keying fills; half of that.
    void key_hard(SceneSignal& signal, double keyed_hz)
    {
        const double seen = std::pow(10.0, *signal.snr_db / 20.0) / (2.0 * M_PI);
        signal.skirts = std::min(kWidestSkirts * scene_.sample_rate_hz / keyed_hz, std::max(1.0, seen));
        signal.bandwidth_hz = signal.skirts * keyed_hz;
        *signal.snr_db -= 10.0 * std::log10(signal.skirts); // from the one to the other band
    }

    /// Receivers are often tuned to what they are there for.
    double draw_offset(double bandwidth_hz)
    {
        const double rate = scene_.sample_rate_hz;
        if (rng_.chance(0.1))
            return rng_.uniform(-1.0, 1.0) * std::min(kInnerBand * rate - bandwidth_hz, rate / 500) / 2;
        return rng_.uniform(-0.5, 0.5) * (kInnerBand * rate - bandwidth_hz);
    }

    void draw_pattern(SceneSignal& signal)
    {
        if (rng_.chance(0.12) && !is_analog(signal.label) && signal.label != "CW")
            signal.pattern_s = std::min(rng_.log_uniform(4.0, 300.0) / filled_hz(signal), signal.duration_s);
    }

    static bool is_keyed(const SceneSignal& signal) { return signal.label == "OOK"; }
    static double filled_hz(const SceneSignal& signal) { return signal.bandwidth_hz / std::max(1.0, signal.skirts); }

    static double least_duration_s(const SceneSignal& signal)
    {
        return (is_keyed(signal) ? kLeastCode : kLeastSymbols) / filled_hz(signal);
    }

    static double least_gap_s(const SceneSignal& signal)
    {
        return (is_keyed(signal) ? kLeastPause : kLeastGap) / filled_hz(signal);
    }

    SceneSignal draw_lasting()
    {
        SceneSignal signal = draw_signal(1.0 / 1000);
        const double all = scene_.duration_s;
        if (rng_.chance(0.3)) // comes or goes within the scene
            signal.start_s = rng_.uniform(0.0, 0.6) * all;
        signal.duration_s = all - signal.start_s;
        if (rng_.chance(0.3))
            signal.duration_s *= rng_.uniform(0.5, 1.0);
        draw_pattern(signal);
        if (rng_.chance(0.1)) {
            const double room =
                (0.5 * scene_.sample_rate_hz - signal.bandwidth_hz / 2 - std::abs(signal.offset_hz)) / all;
            const double most = (rng_.chance(0.3) ? 2.0 : 0.3) * signal.bandwidth_hz / all;
            signal.drift_hz_per_s = rng_.uniform(-1.0, 1.0) * std::min(room, most);
        }
        return signal;
    }

    /// Fills up to four fifths of the band.
    SceneSignal draw_wide()
    {
        SceneSignal signal = rng_.chance(0.5) ? draw_lasting() : draw_bursts();
        signal.label = rng_.chance(0.6) ? "OFDM" : signal.label == "CW" ? "QPSK" : signal.label;
        signal.bandwidth_hz = rng_.log_uniform(0.15, 0.9) * scene_.sample_rate_hz;
        signal.offset_hz =
            rng_.uniform(-0.5, 0.5) *
            (std::max(kInnerBand * scene_.sample_rate_hz, signal.bandwidth_hz) - signal.bandwidth_hz);
        signal.drift_hz_per_s = signal.skirts = 0.0;
        return signal;
    }

    void draw_times(SceneSignal& signal)
    {
        const double rate = scene_.sample_rate_hz, all = scene_.duration_s;
        const double least = std::max(1000.0, least_duration_s(signal) * rate);
        signal.duration_s = std::min(0.3 * all, rng_.log_uniform(least, std::max(200e3, 1.01 * least)) / rate);
        if (signal.duration_s * rate < kShort)
            signal.snr_db = std::max(*signal.snr_db, kShortSnr_db);
        repeat_after(signal, std::max(least_gap_s(signal), signal.duration_s * rng_.log_uniform(0.25, 5.0)));
    }

    void repeat_after(SceneSignal& signal, double gap_s)
    {
        const double all = scene_.duration_s;
        signal.period_s = signal.duration_s + gap_s;
        signal.start_s = rng_.uniform(0.0, all - signal.duration_s);
        const double room = (all - signal.start_s - signal.duration_s) / signal.period_s;
        signal.count =
            rng_.chance(0.3) ? 1 : 1 + static_cast<std::int64_t>(std::min(30.0, room * rng_.uniform(0.3, 1.0)));
    }

    double other_snr(const SceneSignal& signal)
    {
        return std::clamp(*signal.snr_db + std::round(rng_.uniform(-12.0, 12.0)),
                          signal.duration_s * scene_.sample_rate_hz < kShort ? kShortSnr_db : 8.0, 50.0);
    }

    /// As many as fit behind the first, up to `most`.
    void repeat(Signals& signals, double period_s, double most)
    {
        double end = 0.0;
        for (const auto& signal : signals)
            end = std::max(end, signal.start_s + signal.duration_s);
        const double room = (scene_.duration_s - end) / period_s;
        for (auto& signal : signals) {
            signal.period_s = period_s;
            signal.count = room < 0.0 ? 1 : 1 + static_cast<std::int64_t>(std::min(most, room));
        }
    }

    /// Packets, and what answers each of them on the same channel.
    Signals draw_replies()
    {
        SceneSignal packet = draw_bursts(), reply = packet;
        const double gap = std::max(least_gap_s(packet), packet.duration_s * rng_.log_uniform(0.05, 1.0));
        reply.start_s += packet.duration_s + gap;
        reply.duration_s = std::max({ 1000.0 / scene_.sample_rate_hz, least_duration_s(packet),
                                      packet.duration_s * rng_.log_uniform(0.1, 2.0) });
        reply.snr_db = other_snr(reply);
        Signals both = { packet, reply };
        repeat(both, reply.start_s + reply.duration_s - packet.start_s + gap * rng_.log_uniform(1.0, 8.0),
               rng_.uniform(0.0, 20.0));
        return both;
    }

    /// Users who send in turn on one channel, each in a slot of its own.
    Signals draw_slots()
    {
        SceneSignal user = draw_bursts();
        user.duration_s = std::min(user.duration_s, scene_.duration_s / 40);
        user.bandwidth_hz *= std::max(1.0, least_duration_s(user) / user.duration_s);
        const double slot = user.duration_s +
                            std::max(least_gap_s(user), user.duration_s * rng_.log_uniform(0.05, 0.3));
        const auto slots = rng_.integer(2, 8);
        const double usual = *user.snr_db, begin = rng_.uniform(0.0, 0.5) * scene_.duration_s;
        Signals users;
        for (std::int64_t i = 0; i < slots; ++i) {
            user.snr_db = usual;
            user.start_s = begin + static_cast<double>(i) * slot;
            user.snr_db = other_snr(user);
            if (i == 0 || rng_.chance(0.5))
                users.push_back(user);
        }
        repeat(users, static_cast<double>(slots) * slot, rng_.uniform(2.0, 12.0));
        return users;
    }

    SceneSignal draw_bursts()
    {
        SceneSignal signal = draw_signal(1.0 / 400);
        draw_times(signal);
        draw_pattern(signal);
        // Speech does not fill its band at every moment.
        while (is_analog(signal.label) && signal.duration_s * signal.bandwidth_hz < kLeastAnalog)
            signal.label = draw_label();
        return signal;
    }

    /// The words of a keyed code, over and over, from nearby at times.
    Signals draw_code()
    {
        SceneSignal signal = draw_signal(1.0 / 400);
        signal.label = "OOK";
        if (rng_.chance(0.6))
            signal.snr_db = std::round(rng_.uniform(kNearSnr_db, kNearestSnr_db));
        key_hard(signal, rng_.log_uniform(1.0 / 2000, 1.0 / 30) * scene_.sample_rate_hz);
        signal.offset_hz = draw_offset(signal.bandwidth_hz);
        draw_times(signal);
        return { signal };
    }

    /// Bursts of a bare carrier: beacons, pulses, a key that is held.
    Signals draw_tones()
    {
        const double rate = scene_.sample_rate_hz;
        SceneSignal signal;
        signal.label = "CW";
        signal.snr_db = rng_.chance(0.6) ? std::round(rng_.uniform(kNearSnr_db, kNearestSnr_db)) : draw_snr();
        const double longest = 0.3 * scene_.duration_s * rate;
        signal.duration_s = rng_.log_uniform(std::min(2000.0, 0.5 * longest), std::min(200e3, longest)) / rate;
        key_hard(signal, kToneArea / signal.duration_s);
        signal.offset_hz = draw_offset(signal.bandwidth_hz);
        repeat_after(signal, std::max(1000.0 / rate, signal.duration_s * rng_.log_uniform(kLeastToneGap, 10.0)));
        signal.count = std::min<std::int64_t>(signal.count, kMostTones);
        return { signal };
    }

    SceneSignal draw_hopper()
    {
        SceneSignal signal = draw_bursts();
        signal.bandwidth_hz = std::min(signal.bandwidth_hz, scene_.sample_rate_hz / 40);
        signal.pattern_s = 0.0;
        signal.duration_s = std::max(signal.duration_s, least_duration_s(signal));
        signal.period_s = 1.2 * signal.duration_s;
        signal.start_s = std::min(signal.start_s, std::max(0.0, scene_.duration_s - 4 * signal.period_s));
        signal.count = std::clamp<std::int64_t>(
            static_cast<std::int64_t>((scene_.duration_s - signal.start_s - signal.duration_s) / signal.period_s),
            1, 40);
        const auto hops = rng_.integer(3, 12);
        for (std::int64_t i = 0; i < hops; ++i)
            signal.hop_offsets_hz.push_back(rng_.uniform(-0.5, 0.5) *
                                            (kInnerBand * scene_.sample_rate_hz - signal.bandwidth_hz));
        return signal;
    }

    /// Channels side by side, of one kind.
    void add_grid()
    {
        const double rate = scene_.sample_rate_hz, spacing = rng_.log_uniform(rate / 250, rate / 40);
        const double filled = rng_.uniform(0.5, 0.75);
        const auto count = rng_.integer(4, 12);
        const double first = rng_.uniform(-0.5, 0.5) * (kInnerBand * rate - spacing * static_cast<double>(count));
        std::string label = draw_label();
        while (is_analog(label) || label == "CW")
            label = draw_label();
        const double usual = draw_snr();
        for (std::int64_t i = 0; i < count; ++i) {
            SceneSignal signal;
            signal.label = label;
            signal.bandwidth_hz = filled * spacing;
            signal.offset_hz = first + (static_cast<double>(i) - 0.5 * static_cast<double>(count - 1)) * spacing;
            signal.snr_db = std::clamp(usual + std::round(rng_.uniform(-8.0, 8.0)), 8.0, 50.0);
            signal.duration_s = scene_.duration_s;
            if (rng_.chance(0.3))
                draw_times(signal);
            if (std::none_of(scene_.signals.begin(), scene_.signals.end(),
                             [&](const SceneSignal& o) { return within(signal, o, 0.0); }))
                scene_.signals.push_back(signal);
        }
    }

    bool collides(const SceneSignal& a, const SceneSignal& b) const
    {
        return within(a, b, kGuard * std::max(a.bandwidth_hz, b.bandwidth_hz) + scene_.sample_rate_hz / 4000);
    }

    bool within(const SceneSignal& a, const SceneSignal& b, double guard) const
    {
        return meet(a, b, guard + (std::abs(a.drift_hz_per_s) + std::abs(b.drift_hz_per_s)) * scene_.duration_s);
    }

    template <typename Draw> void place(const Draw& draw)
    {
        for (int i = 0; i < kTries; ++i) {
            const Signals signals = draw();
            const auto fits = [&](const SceneSignal& signal) {
                return signal.end_s() <= scene_.duration_s &&
                       std::abs(signal.offset_hz) + signal.bandwidth_hz / 2 <= scene_.sample_rate_hz / 2 &&
                       std::none_of(scene_.signals.begin(), scene_.signals.end(),
                                    [&](const SceneSignal& other) { return collides(signal, other); });
            };
            if (!std::all_of(signals.begin(), signals.end(), fits))
                continue;
            scene_.signals.insert(scene_.signals.end(), signals.begin(), signals.end());
            return;
        }
    }

    const BandSceneConfig& config_;
    Scene& scene_;
    Rng rng_;
    std::vector<std::string> labels_;
    bool near_and_far_ = false;
};

} // namespace

Scene band_scene(const BandSceneConfig& config)
{
    Scene scene;
    scene.sample_rate_hz = config.sample_rate_hz;
    scene.duration_s = config.duration_s;
    scene.seed = config.seed;
    BandMaker maker(config, scene);
    maker.draw_receiver();
    if (config.emissions)
        maker.fill();
    set_band_noise(scene);
    validate(scene, "scene");
    return scene;
}

} // namespace prunedamr::synth
