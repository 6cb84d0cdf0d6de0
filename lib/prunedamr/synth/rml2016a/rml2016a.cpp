// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/rml2016a.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/version.h"
#include "prunedamr/dsp/framing.h"
#include "prunedamr/synth/rml2016a/rml2016a_channel.h"
#include "prunedamr/synth/rml2016a/rml2016a_transmitters.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/workers.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace prunedamr::synth {
namespace {

constexpr int kFrame = 128;
constexpr OffsetWalk kSampleRateOffset = { 0.01, 50.0 };
constexpr OffsetWalk kCarrierOffset = { 0.01, 500.0 };

Bits random_bits(std::size_t count, Rng& rng)
{
    Bits bits(count);
    for (std::size_t i = 0; i < count; i += 64) {
        std::uint64_t word = rng.next();
        for (std::size_t k = i; k < std::min(i + 64, count); ++k, word >>= 1)
            bits[k] = word & 1;
    }
    return bits;
}

/// What all chains share, and what becomes of one.
class RadioMlChain
{
public:
    explicit RadioMlChain(const Rml2016aConfig& config)
        : config_(config), fader_(fading_from_string(config.fading)),
          audio_(config.audio.empty() ? rml2016a_builtin_audio() : read_rml2016a_audio(config.audio))
    {
        const std::vector<float> start(audio_.begin(), audio_.begin() + kRml2016aAudioSamples);
        wbfm_ = rml2016a_wbfm(start);
        am_dsb_ = rml2016a_am_dsb(start);
    }

    /// The chain before the noise.
    Samples chain(const std::string& label, Rng& rng) const
    {
        Samples samples = offset_sample_rate(transmit(label, rng), kSampleRateOffset, rng);
        offset_carrier(samples, kCarrierOffset, rng);
        fader_.apply(samples, rng);
        return samples;
    }

    double noise_power(const Samples& chain, int snr_label) const
    {
        if (!config_.true_snr)
            return std::pow(10.0, -snr_label / 5.0);
        double power = 0.0;
        for (const auto& x : chain)
            power += std::norm(x) / static_cast<double>(chain.size());
        return (power > 0.0 ? power : 1.0) * std::pow(10.0, -snr_label / 10.0);
    }

private:
    Samples transmit(const std::string& label, Rng& rng) const
    {
        if (label == "WBFM")
            return wbfm_;
        if (label == "AM-DSB")
            return am_dsb_;
        if (label == "AM-SSB")
            return config_.fix_ssb ? single_sideband(rng) : Samples(am_dsb_.size());
        const auto bits = random_bits(label == "QAM16" ? 20000 : label == "QAM64" ? 30000 : 10000, rng);
        if (label == "GFSK")
            return rml2016a_gfsk(bits);
        if (label == "CPFSK")
            return rml2016a_cpfsk(bits);
        return rml2016a_linear(label, bits);
    }

    Samples single_sideband(Rng& rng) const
    {
        const auto last = static_cast<std::int64_t>(audio_.size() - kRml2016aAudioSamples);
        const auto first = audio_.begin() + rng.integer(0, last);
        return rml2016a_ssb({ first, first + kRml2016aAudioSamples });
    }

    const Rml2016aConfig& config_;
    Fader fader_;
    std::vector<float> audio_;
    Samples wbfm_, am_dsb_;
};

void check(const Rml2016aConfig& config)
{
    if (config.frames_per_cell < 1)
        throw Error(
            { "bad frames_per_cell", "recipe rml2016a", std::to_string(config.frames_per_cell), "at least 1" });
    std::set<std::string> seen;
    for (const auto& label : config.labels) {
        const auto& all = rml2016a_labels();
        if (std::find(all.begin(), all.end(), label) == all.end()) {
            std::string names;
            for (const auto& name : all)
                names += (names.empty() ? "" : " ") + name;
            throw Error({ "unknown label", "recipe rml2016a", label, names });
        }
        if (!seen.insert(label).second)
            throw Error({ "bad labels", "recipe rml2016a", label + " twice", "each label once" });
    }
}

/// Cuts a chain's frames, each with noise of its own, while `missing` are missing; returns how many it cut.
std::int64_t cut_frames(const Samples& chain, double noise_power, FrontEndSpec::Scale scale, std::int64_t missing,
                        Rng& rng, float* frames)
{
    const auto size = static_cast<std::int64_t>(chain.size());
    const auto longest_stride = std::llround(0.05 * static_cast<double>(size));
    std::int64_t count = 0;
    for (std::int64_t at = rng.integer(50, 500); at + kFrame < size && count < missing; ++count) {
        Samples frame(chain.begin() + at, chain.begin() + at + kFrame);
        add_noise(frame, noise_power, rng);
        dsp::write_frames(frame.data(), kFrame, kFrame, scale, frames + count * 2 * kFrame);
        at += rng.integer(kFrame, longest_stride);
    }
    return count;
}

/// Frames [first, first + frames_per_cell) of the data set; `group` counts the cell's chains from 0. Chain number c
/// depends on the seed, the class, the SNR label and c only.
void fill_cell(dataset::Dataset& dataset, const RadioMlChain& recipe, const Rml2016aConfig& config,
               std::size_t label, int snr_label, std::int64_t first)
{
    const std::string& name = dataset.class_names[label];
    const auto& all = rml2016a_labels();
    const auto row = static_cast<std::uint64_t>(std::find(all.begin(), all.end(), name) - all.begin());
    const Rng cell = Rng(config.seed).fork(row * 64 + static_cast<std::uint64_t>(snr_label + 20));
    std::int64_t done = 0;
    for (std::uint64_t c = 0; done < config.frames_per_cell; ++c) {
        Rng rng = cell.fork(c);
        const Samples chain = recipe.chain(name, rng);
        const std::int64_t at = first + done;
        const std::int64_t count =
            cut_frames(chain, recipe.noise_power(chain, snr_label), dataset.front_end.scale,
                       config.frames_per_cell - done, rng, dataset.frames.data() + at * 2 * kFrame);
        std::fill_n(dataset.label.begin() + at, count, static_cast<std::int32_t>(label));
        std::fill_n(dataset.snr_db.begin() + at, count, static_cast<float>(snr_label));
        std::fill_n(dataset.group.begin() + at, count, static_cast<std::int64_t>(c));
        done += count;
    }
}

/// Numbers the chains through the whole data set: so far each cell counts from 0.
void number_groups(dataset::Dataset& dataset, std::int64_t frames_per_cell)
{
    std::int64_t before = 0, group = -1;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const std::int64_t chain = dataset.group[i];
        group += i % frames_per_cell == 0 || chain != before;
        before = chain;
        dataset.group[i] = group;
    }
}

nlohmann::json provenance(const Rml2016aConfig& config)
{
    return { { "recipe", "rml2016a" },
             { "seed", config.seed },
             { "frames_per_cell", config.frames_per_cell },
             { "fading", config.fading },
             { "audio", config.audio.empty() ? "built-in" : config.audio },
             { "fix_ssb", config.fix_ssb },
             { "true_snr", config.true_snr },
             { "version", kVersion } };
}

} // namespace

const std::vector<std::string>& rml2016a_labels()
{
    static const std::vector<std::string> labels = { "BPSK", "QPSK",  "8PSK", "PAM4",   "QAM16", "QAM64",
                                                     "GFSK", "CPFSK", "WBFM", "AM-DSB", "AM-SSB" };
    return labels;
}

const std::vector<int>& rml2016a_snr_labels()
{
    static const std::vector<int> labels = [] {
        std::vector<int> all;
        for (int snr = -20; snr <= 18; snr += 2)
            all.push_back(snr);
        return all;
    }();
    return labels;
}

dataset::Dataset rml2016a_dataset(const Rml2016aConfig& config)
{
    check(config);
    const RadioMlChain recipe(config);
    dataset::Dataset dataset;
    dataset.front_end.kind = FrontEndSpec::Kind::as_is;
    dataset.front_end.frame_length = kFrame;
    dataset.front_end.block_length = kFrame;
    dataset.front_end.scale =
        config.normalize ? FrontEndSpec::Scale::unit_rms : FrontEndSpec::Scale::unit_magnitude;
    dataset.class_names = config.labels.empty() ? rml2016a_labels() : config.labels;
    const auto& snr_labels = rml2016a_snr_labels();
    const auto cells = dataset.class_names.size() * snr_labels.size();
    const auto total = cells * static_cast<std::size_t>(config.frames_per_cell);
    dataset.frames.resize(total * 2 * kFrame);
    dataset.label.resize(total);
    dataset.snr_db.resize(total);
    dataset.group.resize(total);
    Workers(config.threads).run(static_cast<int>(cells), [&](int, int cell) {
        fill_cell(dataset, recipe, config, static_cast<std::size_t>(cell) / snr_labels.size(),
                  snr_labels[static_cast<std::size_t>(cell) % snr_labels.size()], cell * config.frames_per_cell);
    });
    number_groups(dataset, config.frames_per_cell);
    dataset::assign_split(dataset, {}, config.seed);
    dataset.provenance = provenance(config).dump();
    return dataset;
}

} // namespace prunedamr::synth
