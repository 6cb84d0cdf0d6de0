// SPDX-License-Identifier: GPL-3.0-or-later
// What decisions gain by measurement: the same receptions decided by the network alone and proven, by family, by order
// of modulation, for alphabets that no class names, for noise; and how well the confidence is calibrated.
//   decision_acceptance MODEL FOLDER: the annotated SigMF recordings there, one decision per block or burst
//   decision_acceptance MODEL [TRIALS of each, default 20] [SEED, default 1] [DUMP: one JSON line per decision]
#include "prunedamr/metrics/evaluate_recordings.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/stream/pipeline.h"
#include "prunedamr/stream/prover.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "tests/measure/signals.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

constexpr double kRateHz = 1e6;

struct Answer {
    std::string label, family;
    double confidence = 0.0;
};

/// Decides receptions without and with measurement.
class Bench
{
public:
    Bench(const std::string& model, const std::string& dump) : pipeline_(open_model(model), config()), dump_(dump) {}

    void decide(const std::string& set, const std::string& truth, double snr_db, const std::complex<float>* samples, int count)
    {
        for (int begin = 0; count - begin >= pipeline_.front_end.min_samples(); begin += pipeline_.block_length)
            pipeline_.burst.add(samples + begin, std::min(pipeline_.block_length, count - begin), ZeroHz::tuned);
        LabelEvent event;
        event.sample_rate_hz = kRateHz;
        event.sample_count = static_cast<std::uint64_t>(count);
        pipeline_.burst.decide(event);
        doubt_strong_noise(event);
        alone = { std::string(event.label.view()), std::string(event.family.view()), event.confidence };
        const Proposal proposal = pipeline_.burst.proposal();
        nlohmann::json row = { { "set", set }, { "truth", truth }, { "snr", snr_db }, { "count", count }, { "alone", alone.label },
                               { "confidence", alone.confidence }, { "state", to_string(event.state) },
                               { "bandwidth", event.bandwidth_hz / kRateHz }, { "found_snr", event.snr_db },
                               { "p", std::vector<double>(proposal.probabilities, proposal.probabilities + proposal.classes) } };
        const measure::Piece piece{ samples, static_cast<std::size_t>(count) };
        const std::clock_t start = std::clock();
        prover_.prove(event, proposal, { &piece, 1, kRateHz, 0.0, 1.0 }, nullptr);
        const double cpu_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        proven = { std::string(event.label.view()), std::string(event.family.view()), event.confidence };
        has_numbers = std::any_of(event.measured.begin(), event.measured.end(), [](const auto& number) { return number.has_value(); });
        if (dump_.empty())
            return;
        const measure::Measurement& found = prover_.measurement();
        row["proven"] = proven.label;
        row["proven_confidence"] = proven.confidence;
        row["cpu_ms"] = 1e3 * cpu_s;
        row["method"] = to_string(found.method);
        row["score"] = found.score;
        for (int i = 0; i < measure::kQuantities; ++i)
            if (const auto& number = found.numbers[static_cast<std::size_t>(i)])
                row[measure::quantity_name(static_cast<measure::Quantity>(i))] = { number->value, number->error };
        row["shape"] = found.shape;
        row["bound"] = found.is_index_bound;
        row["accepted"] = found.is_accepted;
        row["other"] = found.is_other;
        row["equalized"] = found.is_equalized;
        for (int i = 0; i < found.score_count; ++i)
            row["scores"].push_back({ found.scores[i].name, found.scores[i].log_likelihood - found.scores[0].log_likelihood, found.scores[i].is_decoy });
        std::ofstream(dump_, std::ios::app) << row << "\n";
    }

    Answer alone, proven;
    bool has_numbers = false;
    const std::vector<std::string>& labels() const { return pipeline_.model.info.labels; }

private:
    static ClassifierConfig config()
    {
        ClassifierConfig config;
        config.sample_rate_hz = kRateHz;
        return config;
    }

    Pipeline pipeline_;
    Prover prover_;
    std::string dump_;
};

/// Right answers, and how far the confidence of a class is from how often it is right (15 bins).
struct Score {
    int count = 0, right = 0, family_right = 0, unknown = 0;
    std::map<int, std::array<double, 3>> bins; ///< decisions, right, sum of confidences

    void add(const Answer& answer, const std::string& truth)
    {
        const bool is_right = answer.label == truth, is_family = answer.family == model::family_of(truth);
        ++count;
        right += is_right;
        family_right += is_family;
        unknown += answer.label == "unknown";
        if (answer.label == "unknown")
            return; // its confidence is another class's
        auto& bin = bins[static_cast<int>(15 * answer.confidence)];
        bin[0] += 1.0;
        bin[1] += answer.label == answer.family ? is_family : is_right;
        bin[2] += answer.confidence;
    }
    double ece() const
    {
        double off = 0.0, all = 0.0;
        for (const auto& [unused, bin] : bins) {
            off += std::fabs(bin[1] - bin[2]);
            all += bin[0];
        }
        return 100.0 * off / std::max(1.0, all);
    }
};

void print(const std::string& name, const Score& alone, const Score& proven)
{
    const auto percent = [](int part, int all) { return 100.0 * part / std::max(1, all); };
    std::printf("%-28s %5d  class %5.1f -> %5.1f %%  family %5.1f -> %5.1f %%  unknown %5.1f -> %5.1f %%  ECE %4.1f -> %4.1f %%\n", name.c_str(),
                alone.count, percent(alone.right, alone.count), percent(proven.right, proven.count), percent(alone.family_right, alone.count),
                percent(proven.family_right, proven.count), percent(alone.unknown, alone.count), percent(proven.unknown, proven.count), alone.ece(),
                proven.ece());
}

/// Receptions of the shipped recipe, with all that happens to them there.
void recipe_rows(Bench& bench, int trials, std::uint64_t seed)
{
    const synth::Recipe recipe(synth::shipped_recipe("onair"), "onair");
    std::map<std::string, Score> alone, proven;
    int false_numbers = 0, noise = 0;
    for (const std::string& label : recipe.labels())
        for (int t = 0; t < trials; ++t) {
            Rng rng = Rng(seed).fork(static_cast<std::uint64_t>(t)).fork(std::hash<std::string>{}(label));
            const int count = 8192 << rng.integer(0, 2);
            const auto snr_db = static_cast<float>(rng.uniform(0.0, 30.0));
            const synth::Reception reception = recipe.receive(label, count, snr_db, rng);
            bench.decide("recipe", label, reception.snr_db, reception.samples.data(), static_cast<int>(reception.samples.size()));
            for (const std::string& row : { model::family_of(label), std::string(label == "noise" ? "noise alone" : "all signals") }) {
                alone["recipe: " + row].add(bench.alone, label);
                proven["recipe: " + row].add(bench.proven, label);
            }
            noise += label == "noise";
            false_numbers += label == "noise" && bench.has_numbers;
        }
    for (const auto& [row, score] : alone)
        print(row, score, proven[row]);
    std::printf("%-28s %5d  with numbers %d\n", "recipe: noise", noise, false_numbers);
}

/// Orders of linear modulation: an echo up to 20 %, an offset of 2 %, roll-off 0.2 to 0.5, 1800 symbols.
void alphabet_rows(Bench& bench, int trials, std::uint64_t seed, const char* set, const std::vector<std::string>& alphabets, bool is_named)
{
    for (const double snr_db : { 15.0, 20.0, 25.0 }) {
        Score alone, proven, wrong;
        std::string missed;
        for (const std::string& alphabet : alphabets)
            for (int t = 0; t < trials; ++t) {
                Rng rng = Rng(seed).fork(static_cast<std::uint64_t>(1000 * snr_db) + static_cast<std::uint64_t>(t)).fork(std::hash<std::string>{}(alphabet));
                test::LinearSignal signal;
                signal.alphabet = alphabet;
                signal.shape = rng.uniform(0.2, 0.5);
                signal.samples_per_symbol = rng.log_uniform(2.3, 8.0);
                signal.count = static_cast<int>(1800 * signal.samples_per_symbol);
                signal.es_n0_db = snr_db;
                signal.echo = rng.uniform(0.0, 0.2);
                signal.offset = rng.uniform(-0.02, 0.02);
                const test::Made made = test::make(signal, rng);
                bench.decide(set, alphabet, snr_db, made.samples.data(), static_cast<int>(made.samples.size()));
                const auto truth = [&](const Answer& answer) { return is_named || answer.label != "unknown" ? alphabet : std::string("unknown"); };
                alone.add(bench.alone, truth(bench.alone));
                proven.add(bench.proven, truth(bench.proven));
                if (bench.proven.label != truth(bench.proven))
                    missed += " " + alphabet + ">" + bench.proven.label;
            }
        print(std::string(set) + ", " + std::to_string(static_cast<int>(snr_db)) + " dB", alone, proven);
        std::printf("   %s\n", missed.substr(0, 400).c_str());
    }
}

/// Shares of the decisions on each recording, and their means.
void recording_rows(const std::string& model_file, const std::string& folder)
{
    const model::Model model = model::load_model(model_file);
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".sigmf-meta")
            paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::array<double, 4> mean{};
    int count = 0;
    for (const std::string& path : paths) {
        recording::Recording alone_recording(path, {}), proven_recording(path, {});
        const auto alone = metrics::evaluate_recording(model, alone_recording, path, false);
        const auto proven = metrics::evaluate_recording(model, proven_recording, path, true);
        if (alone.truth.empty())
            continue;
        const std::array<double, 4> shares{ 100.0 * alone.events.label_right / alone.events.count, 100.0 * proven.events.label_right / proven.events.count,
                                            100.0 * alone.events.family_right / alone.events.count, 100.0 * proven.events.family_right / proven.events.count };
        std::string labels;
        for (const auto& [label, times] : proven.labels)
            labels += " " + label + " " + std::to_string(times);
        std::printf("%-32s %-10s class %5.1f -> %5.1f %%  family %5.1f -> %5.1f %% %s\n", alone.file.c_str(), alone.truth.c_str(), shares[0], shares[1], shares[2], shares[3],
                    labels.c_str());
        for (std::size_t i = 0; i < 4; ++i)
            mean[i] += shares[i];
        ++count;
    }
    std::printf("mean of %d: class %.1f -> %.1f %%, family %.1f -> %.1f %%\n", count, mean[0] / count, mean[1] / count, mean[2] / count, mean[3] / count);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2)
        return std::printf("usage: decision_acceptance MODEL [TRIALS] [SEED] [DUMP]\n"), 2;
    if (argc > 2 && std::filesystem::is_directory(argv[2]))
        return recording_rows(argv[1], argv[2]), 0;
    const int trials = argc > 2 ? std::atoi(argv[2]) : 20;
    const auto seed = static_cast<std::uint64_t>(argc > 3 ? std::atoi(argv[3]) : 1);
    Bench bench(argv[1], argc > 4 ? argv[4] : "");
    alphabet_rows(bench, trials, seed, "orders", { "BPSK", "QPSK", "8PSK", "16QAM", "64QAM", "256QAM" }, true);
    alphabet_rows(bench, trials, seed, "foreign", { "16PSK", "16APSK", "32APSK", "32QAM", "128QAM", "12PSK", "8ASK", "64APSK" }, false);
    recipe_rows(bench, trials, seed);
    return 0;
}
