// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/frame_maker.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/version.h"
#include "prunedamr/dsp/front_end.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "prunedamr/synth/workers.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace prunedamr::synth {
namespace {

constexpr float kMinPower = 0.1f;  // of the signal's own mean: a frame with less holds nothing to learn
constexpr float kMinBand = 0.2f;   // of the signal's own band that the front end must have found
constexpr int kLargestRound = 512; // receptions of a class whose frames are held besides the data set
constexpr int kRoundsWithoutFrames = 20;

/// The frames that one reception gave.
struct Harvest {
    std::vector<float> frames;
    int count = 0;
    float snr_db = 0.0f;
};

/// Mean power of the signal alone between two samples.
float signal_power(const Reception& reception, double begin, double end)
{
    const auto& energy = reception.energy;
    const auto at = [&](double sample) {
        const double index = std::clamp(sample / kEnergyStep, 0.0, static_cast<double>(energy.size() - 1));
        return energy[static_cast<std::size_t>(std::lround(index))];
    };
    return (at(end) - at(begin)) / static_cast<float>(std::max(1.0, end - begin));
}

/// One thread's front end and its frame buffer.
class Harvester
{
public:
    explicit Harvester(const FrameMakerConfig& config)
        : config_(config), front_end_(config.front_end),
          frames_(static_cast<std::size_t>(front_end_.max_frames()) * frame_floats())
    {
    }

    Harvest harvest(const std::string& label, Rng rng)
    {
        const int samples = config_.recipe->draw_length(front_end_.min_samples(), front_end_.block_length(), rng);
        const auto snr_db = static_cast<float>(rng.uniform(config_.snr_low_db, config_.snr_high_db));
        const Reception reception = config_.recipe->receive(label, samples, snr_db, rng);
        const dsp::BlockInfo info = front_end_.process(reception.samples.data(), samples, frames_.data());
        Harvest harvest;
        harvest.snr_db = reception.snr_db;
        for (const int frame : pick_frames(reception, info, samples, rng)) {
            const auto first = frames_.begin() + static_cast<std::ptrdiff_t>(frame * frame_floats());
            harvest.frames.insert(harvest.frames.end(), first, first + static_cast<std::ptrdiff_t>(frame_floats()));
            ++harvest.count;
        }
        return harvest;
    }

private:
    std::size_t frame_floats() const { return 2 * static_cast<std::size_t>(config_.front_end.frame_length); }

    /// At random among the frames in which the front end found the signal.
    std::vector<int> pick_frames(const Reception& reception, const dsp::BlockInfo& info, int samples,
                                 Rng& rng) const
    {
        std::vector<int> usable;
        const double frame_samples = config_.front_end.frame_length / info.resample_ratio;
        const bool noise = reception.energy.empty();
        // Where only the carrier's line was taken for the band, or a neighbor, the frames do not show the class.
        const bool found = std::abs(info.center - reception.center) < info.bandwidth / 2 &&
                           info.bandwidth >= kMinBand * reception.bandwidth;
        for (int i = 0; i < info.frames && (noise || found); ++i) {
            const double end = std::min<double>((i + 1) * frame_samples, samples);
            if (noise || signal_power(reception, i * frame_samples, end) >= kMinPower)
                usable.push_back(i);
        }
        const auto wanted =
            std::min<std::size_t>(usable.size(), static_cast<std::size_t>(config_.frames_per_reception));
        for (std::size_t i = 0; i < wanted; ++i)
            std::swap(usable[i], usable[static_cast<std::size_t>(rng.integer(
                                     static_cast<std::int64_t>(i), static_cast<std::int64_t>(usable.size()) - 1))]);
        usable.resize(wanted);
        return usable;
    }

    const FrameMakerConfig& config_;
    dsp::FrontEnd front_end_;
    std::vector<float> frames_;
};

void check(const FrameMakerConfig& config)
{
    const auto refuse = [&](const char* what, const std::string& found, const char* expected) {
        throw Error({ std::string("bad ") + what, "recipe " + config.recipe->name(), found, expected });
    };
    if (config.frames_per_reception < 1)
        refuse("frames per reception", std::to_string(config.frames_per_reception), "at least 1");
    if (!(config.snr_low_db <= config.snr_high_db && std::isfinite(config.snr_low_db) &&
          std::isfinite(config.snr_high_db)))
        refuse("SNR range", std::to_string(config.snr_low_db) + ".." + std::to_string(config.snr_high_db),
               "low <= high, in dB");
    for (const auto& label : config.labels)
        config.recipe->transmitters().require(label);
    if (std::set<std::string>(config.labels.begin(), config.labels.end()).size() != config.labels.size())
        refuse("labels", "a label twice", "each label once");
}

FrameMakerConfig completed(FrameMakerConfig config)
{
    PRUNEDAMR_CHECK(config.recipe != nullptr, "frames are made from a recipe");
    if (config.labels.empty())
        config.labels = config.recipe->labels();
    if (std::isnan(config.snr_low_db))
        config.snr_low_db = config.recipe->snr_low_db();
    if (std::isnan(config.snr_high_db))
        config.snr_high_db = config.recipe->snr_high_db();
    check(config);
    return config;
}

/// A class on its way to its number of frames. Reception number r depends on the seed, the label's place in the
/// recipe and r only.
struct Filling {
    std::size_t label;
    Rng rng;
    std::int64_t missing;
    std::int64_t done = 0;
    int fruitless = 0;
    std::vector<Harvest> taken;
};

/// One reception to be made.
struct Order {
    Filling* filling;
    std::uint64_t number;
};

} // namespace

struct FrameMaker::Impl {
    explicit Impl(FrameMakerConfig wanted) : config(completed(std::move(wanted))), workers(config.threads)
    {
        for (int i = 0; i < workers.threads(); ++i)
            harvesters.emplace_back(config);
    }

    std::vector<Filling> start(std::int64_t frames_per_class, std::uint64_t seed) const;
    void run_round(std::vector<Filling>& fillings);

    FrameMakerConfig config;
    Workers workers;
    std::vector<Harvester> harvesters;
};

std::vector<Filling> FrameMaker::Impl::start(std::int64_t frames_per_class, std::uint64_t seed) const
{
    const auto& all = config.recipe->labels();
    std::vector<Filling> fillings;
    for (std::size_t i = 0; i < config.labels.size(); ++i) {
        const auto row = std::find(all.begin(), all.end(), config.labels[i]) - all.begin();
        const double frames = static_cast<double>(frames_per_class) * config.recipe->weight(config.labels[i]);
        const auto wanted = std::max<std::int64_t>(1, std::llround(frames));
        fillings.push_back({ i, Rng(seed).fork(static_cast<std::uint64_t>(row)), wanted, 0, 0, {} });
    }
    return fillings;
}

/// A round of receptions of all classes that still lack frames.
void FrameMaker::Impl::run_round(std::vector<Filling>& fillings)
{
    std::vector<Order> orders;
    for (auto& filling : fillings) {
        const std::int64_t least =
            (filling.missing + config.frames_per_reception - 1) / config.frames_per_reception;
        const auto round = std::min<std::int64_t>(kLargestRound, least);
        for (std::int64_t i = 0; i < round; ++i)
            orders.push_back({ &filling, static_cast<std::uint64_t>(filling.done++) });
    }
    std::vector<Harvest> harvests(orders.size());
    workers.run(static_cast<int>(orders.size()), [&](int thread, int i) {
        const Order& order = orders[static_cast<std::size_t>(i)];
        harvests[static_cast<std::size_t>(i)] = harvesters[static_cast<std::size_t>(thread)].harvest(
            config.labels[order.filling->label], order.filling->rng.fork(order.number));
    });
    for (auto& filling : fillings)
        filling.fruitless += filling.missing > 0;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        Filling& filling = *orders[i].filling;
        const auto taken = std::min<std::int64_t>(filling.missing, harvests[i].count);
        if (taken == 0)
            continue;
        harvests[i].count = static_cast<int>(taken);
        filling.missing -= taken;
        filling.fruitless = 0;
        filling.taken.push_back(std::move(harvests[i]));
    }
    for (const auto& filling : fillings)
        if (filling.fruitless > kRoundsWithoutFrames)
            throw Error({ "the front end finds no signal of class " + config.labels[filling.label],
                          "recipe " + config.recipe->name(),
                          "SNR up to " + nlohmann::json(config.snr_high_db).dump() + " dB", "a higher SNR" });
}

FrameMaker::FrameMaker(FrameMakerConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
FrameMaker::~FrameMaker() = default;

const std::vector<std::string>& FrameMaker::class_names() const
{
    return impl_->config.labels;
}

double FrameMaker::total_weight() const
{
    double sum = 0.0;
    for (const auto& label : impl_->config.labels)
        sum += impl_->config.recipe->weight(label);
    return sum;
}

dataset::Dataset FrameMaker::make(std::int64_t frames_per_class, std::uint64_t seed)
{
    const FrameMakerConfig& config = impl_->config;
    if (frames_per_class < 1)
        throw Error({ "bad number of frames per class", "recipe " + config.recipe->name(),
                      std::to_string(frames_per_class), "at least 1" });
    auto fillings = impl_->start(frames_per_class, seed);
    const auto lacks = [](const Filling& filling) { return filling.missing > 0; };
    while (std::any_of(fillings.begin(), fillings.end(), lacks))
        impl_->run_round(fillings);

    dataset::Dataset dataset;
    dataset.front_end = config.front_end;
    dataset.class_names = config.labels;
    const auto floats = 2 * dataset.length();
    dataset.frames.reserve(
        static_cast<std::size_t>(static_cast<double>(frames_per_class * floats) * total_weight()));
    std::int64_t group = 0;
    for (auto& filling : fillings) {
        for (auto& harvest : filling.taken) {
            const auto count = static_cast<std::size_t>(harvest.count);
            dataset.frames.insert(dataset.frames.end(), harvest.frames.begin(),
                                  harvest.frames.begin() + harvest.count * floats);
            dataset.label.insert(dataset.label.end(), count, static_cast<std::int32_t>(filling.label));
            dataset.snr_db.insert(dataset.snr_db.end(), count, harvest.snr_db);
            dataset.group.insert(dataset.group.end(), count, group++);
            harvest = {};
        }
    }
    dataset.part.assign(dataset.label.size(), dataset::Split::train);
    dataset.provenance = nlohmann::json{
        { "recipe", config.recipe->name() },
        { "recipe_hash", config.recipe->hash() },
        { "seed", seed },
        { "frames_per_class", frames_per_class },
        { "frames_per_reception", config.frames_per_reception },
        { "snr_db", { config.snr_low_db, config.snr_high_db } },
        { "version", kVersion }
    }.dump();
    return dataset;
}

} // namespace prunedamr::synth
