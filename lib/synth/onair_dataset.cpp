// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/dsp/front_end.h"
#include "prunedamr/synth/onair.h"
#include "prunedamr/synth/onair_ranges.h"
#include "prunedamr_version.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <set>
#include <thread>

namespace prunedamr::synth {
namespace {

constexpr float kLeastPower = 0.1f; // of the signal's own mean: a frame with less holds nothing to learn
constexpr int kLargestRound = 4096; // receptions whose frames are held besides the data set
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
    explicit Harvester(const OnairConfig& config)
        : config_(config), front_end_(config.front_end),
          frames_(static_cast<std::size_t>(front_end_.max_frames()) * frame_floats())
    {
    }

    Harvest harvest(const std::string& label, Rng rng)
    {
        const int samples = draw_length(rng);
        const auto snr_db = static_cast<float>(rng.uniform(config_.snr_low_db, config_.snr_high_db));
        const Reception reception = onair_reception(label, samples, snr_db, rng);
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

    int draw_length(Rng& rng) const
    {
        const double longest = front_end_.block_length();
        const double shortest = std::max<double>(kOnairRanges.shortest_samples, front_end_.min_samples());
        if (shortest >= longest || !rng.chance(kOnairRanges.short_reception))
            return front_end_.block_length();
        return static_cast<int>(rng.log_uniform(shortest, longest));
    }

    /// At random among the frames in which the front end found the signal.
    std::vector<int> pick_frames(const Reception& reception, const dsp::BlockInfo& info, int samples,
                                 Rng& rng) const
    {
        std::vector<int> usable;
        const double frame_samples = config_.front_end.frame_length / info.resample_ratio;
        const bool noise = reception.energy.empty();
        const bool found = std::abs(info.center - reception.center) < info.bandwidth / 2;
        for (int i = 0; i < info.frames && (noise || found); ++i) {
            const double end = std::min<double>((i + 1) * frame_samples, samples);
            if (noise || signal_power(reception, i * frame_samples, end) >= kLeastPower)
                usable.push_back(i);
        }
        const auto wanted =
            std::min<std::size_t>(usable.size(), static_cast<std::size_t>(config_.max_frames_per_reception));
        for (std::size_t i = 0; i < wanted; ++i)
            std::swap(usable[i], usable[static_cast<std::size_t>(rng.integer(
                                     static_cast<std::int64_t>(i), static_cast<std::int64_t>(usable.size()) - 1))]);
        usable.resize(wanted);
        return usable;
    }

    const OnairConfig& config_;
    dsp::FrontEnd front_end_;
    std::vector<float> frames_;
};

void check(const OnairConfig& config)
{
    const auto refuse = [](const char* what, const std::string& found, const char* expected) {
        throw Error({ std::string("bad ") + what, "recipe onair", found, expected });
    };
    if (config.frames_per_class < 1)
        refuse("frames_per_class", std::to_string(config.frames_per_class), "at least 1");
    if (config.max_frames_per_reception < 1)
        refuse("max_frames_per_reception", std::to_string(config.max_frames_per_reception), "at least 1");
    if (!(config.snr_low_db <= config.snr_high_db && std::isfinite(config.snr_low_db) &&
          std::isfinite(config.snr_high_db)))
        refuse("SNR range", std::to_string(config.snr_low_db) + ".." + std::to_string(config.snr_high_db),
               "low <= high, in dB");
    if (std::set<std::string>(config.labels.begin(), config.labels.end()).size() != config.labels.size())
        refuse("labels", "a label twice", "each label once");
}

/// Runs `work(thread, index)` for index 0..count-1; which thread takes which index is left to chance.
template <typename Work> void run_parallel(int threads, int count, const Work& work)
{
    std::atomic<int> next{ 0 };
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(threads));
    const auto loop = [&](int thread) {
        try {
            for (int i = next++; i < count; i = next++)
                work(thread, i);
        } catch (...) {
            failures[thread] = std::current_exception();
        }
    };
    std::vector<std::thread> pool;
    for (int t = 1; t < threads; ++t)
        pool.emplace_back(loop, t);
    loop(0);
    for (auto& thread : pool)
        thread.join();
    for (const auto& failure : failures)
        if (failure)
            std::rethrow_exception(failure);
}

void append(data::Dataset& dataset, const Harvest& harvest, std::int32_t label, std::int64_t wanted)
{
    const auto taken = std::min<std::int64_t>(wanted, harvest.count);
    if (taken == 0)
        return;
    const std::int64_t group = dataset.group.empty() ? 0 : dataset.group.back() + 1;
    dataset.frames.insert(dataset.frames.end(), harvest.frames.begin(),
                          harvest.frames.begin() + taken * 2 * dataset.length());
    dataset.label.insert(dataset.label.end(), static_cast<std::size_t>(taken), label);
    dataset.snr_db.insert(dataset.snr_db.end(), static_cast<std::size_t>(taken), harvest.snr_db);
    dataset.group.insert(dataset.group.end(), static_cast<std::size_t>(taken), group);
}

/// Rounds of receptions until the class has its frames; reception number r depends on the seed, the label and r
/// only.
void fill_class(data::Dataset& dataset, std::int32_t label, const OnairConfig& config,
                std::vector<Harvester>& harvesters)
{
    const std::string& name = dataset.class_names[label];
    const auto labels = onair_labels();
    const auto row = std::find(labels.begin(), labels.end(), name) - labels.begin();
    const Rng rng = Rng(config.seed).fork(static_cast<std::uint64_t>(row));
    std::int64_t missing = config.frames_per_class, done = 0;
    int fruitless = 0;
    while (missing > 0) {
        const auto round = static_cast<int>(std::min<std::int64_t>(
            kLargestRound, (missing + config.max_frames_per_reception - 1) / config.max_frames_per_reception));
        std::vector<Harvest> harvests(static_cast<std::size_t>(round));
        run_parallel(static_cast<int>(harvesters.size()), round, [&](int thread, int i) {
            harvests[i] = harvesters[thread].harvest(name, rng.fork(static_cast<std::uint64_t>(done + i)));
        });
        done += round;
        const std::int64_t before = missing;
        for (const auto& harvest : harvests) {
            append(dataset, harvest, label, missing);
            missing -= std::min<std::int64_t>(missing, harvest.count);
        }
        fruitless = missing == before ? fruitless + 1 : 0;
        if (fruitless > kRoundsWithoutFrames)
            throw Error({ "the front end finds no signal of class " + name, "recipe onair",
                          "SNR up to " + std::to_string(config.snr_high_db) + " dB", "a higher SNR" });
    }
}

} // namespace

data::Dataset onair_dataset(const OnairConfig& config)
{
    check(config);
    data::Dataset dataset;
    dataset.front_end = config.front_end;
    dataset.class_names = config.labels.empty() ? onair_labels() : config.labels;
    const auto cores = static_cast<int>(std::thread::hardware_concurrency());
    const int threads = std::max(1, config.threads > 0 ? config.threads : cores);
    std::vector<Harvester> harvesters;
    for (int i = 0; i < threads; ++i)
        harvesters.emplace_back(config);
    const auto total = static_cast<std::size_t>(config.frames_per_class) * dataset.class_names.size();
    dataset.frames.reserve(total * 2 * static_cast<std::size_t>(dataset.length()));
    for (std::size_t label = 0; label < dataset.class_names.size(); ++label)
        fill_class(dataset, static_cast<std::int32_t>(label), config, harvesters);
    data::assign_split(dataset, {}, config.seed);
    dataset.provenance = { { "recipe", "onair" },
                           { "seed", config.seed },
                           { "frames_per_class", config.frames_per_class },
                           { "max_frames_per_reception", config.max_frames_per_reception },
                           { "snr_db", { config.snr_low_db, config.snr_high_db } },
                           { "version", kVersion } };
    return dataset;
}

} // namespace prunedamr::synth
