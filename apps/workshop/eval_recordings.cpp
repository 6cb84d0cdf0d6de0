// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/workshop/eval_recordings.h"

#include "apps/common/cli.h"

#include "prunedamr/base/modulation.h"
#include "prunedamr/data/recording/recording.h"
#include "prunedamr/dsp/front_end.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/logits.h"
#include "prunedamr/stream/classifier.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

namespace prunedamr::workshop {
namespace {

/// How often an answer was right, and how often it was "unknown", which is wrong, but half as bad.
struct Right {
    int all = 0, label = 0, family = 0, unknown = 0;

    void add(std::string_view given, std::string_view given_family, const std::string& truth)
    {
        ++all;
        label += given == truth;
        family += !truth.empty() && given_family == family_of(truth);
        unknown += given == graph::kUnknownLabel;
    }
};

struct Tally {
    std::string truth;
    std::map<std::string, int> labels, families;
    Right events, frames;
};

std::vector<std::complex<float>> read_all(data::Recording& recording)
{
    std::vector<std::complex<float>> samples;
    std::vector<std::complex<float>> chunk(65536);
    while (const auto got = recording.read(chunk.data(), chunk.size()))
        samples.insert(samples.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(got));
    return samples;
}

/// The labelled stretches of a recording, each once; the whole of one that has none.
std::vector<data::Annotation> stretches(const data::RecordingInfo& info, std::uint64_t samples)
{
    std::vector<data::Annotation> result;
    for (auto annotation : info.annotations) {
        if (annotation.label.empty() || annotation.sample_start >= samples)
            continue;
        annotation.sample_count = std::min(annotation.sample_count, samples - annotation.sample_start);
        const bool again = !result.empty() && result.back().sample_start == annotation.sample_start &&
                           result.back().sample_count == annotation.sample_count;
        if (!again) // two signals at the same time are one stretch of samples
            result.push_back(annotation);
    }
    if (result.empty())
        result.push_back({ 0, samples, "", {}, {}, "" });
    return result;
}

/// Each frame by itself, by the decision's first step: its best class, or unknown.
class FrameReader
{
public:
    explicit FrameReader(const graph::Network& network)
        : network_(network), front_end_(network.front_end), engine_(network),
          frames_(static_cast<std::size_t>(front_end_.max_frames() * 2 * network.length())),
          logits_(network.labels.size()), reader_(network), probabilities_(reader_.classes())
    {
    }

    void add(const std::complex<float>* samples, std::size_t count, const std::string& truth, Right& right)
    {
        const auto block = static_cast<std::size_t>(front_end_.block_length());
        for (std::size_t begin = 0; begin < count; begin += block) {
            const auto taken = static_cast<int>(std::min(block, count - begin));
            const int frames = front_end_.process(samples + begin, taken, frames_.data()).frames;
            for (int i = 0; i < frames; ++i) {
                engine_.run(frames_.data() + i * 2 * network_.length(), 1, logits_.data());
                reader_.probabilities(logits_.data(), probabilities_.data());
                const std::size_t best =
                    reader_.decide(probabilities_.data(), reader_.unknown_score(logits_.data()));
                if (best == graph::LogitReader::kUnknown)
                    right.add(graph::kUnknownLabel, graph::kUnknownLabel, truth);
                else
                    right.add(network_.labels[best], network_.families[best], truth);
            }
        }
    }

private:
    const graph::Network& network_;
    dsp::FrontEnd front_end_;
    engine::Engine engine_;
    std::vector<float> frames_, logits_;
    graph::LogitReader reader_;
    std::vector<double> probabilities_;
};

Tally classify(const graph::Network& network, const data::RecordingInfo& info,
               const std::vector<std::complex<float>>& samples)
{
    Tally tally;
    std::string truth;
    stream::ClassifierConfig config;
    config.sample_rate_hz = info.sample_rate_hz;
    stream::Classifier classifier(network, config, [&](const stream::LabelEvent& event) {
        tally.events.add(event.label.view(), event.family.view(), truth);
        ++tally.labels[std::string(event.label.view())];
        ++tally.families[std::string(event.family.view())];
    });
    FrameReader frames(network);
    for (const auto& stretch : stretches(info, samples.size())) {
        truth = stretch.label;
        if (tally.truth.find(truth) == std::string::npos)
            tally.truth += (tally.truth.empty() ? "" : "+") + truth;
        classifier.process(samples.data() + stretch.sample_start, stretch.sample_count);
        classifier.flush();
        frames.add(samples.data() + stretch.sample_start, stretch.sample_count, truth, tally.frames);
    }
    return tally;
}

std::string majority(const std::map<std::string, int>& counts)
{
    const auto best = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return best == counts.end() ? "" : best->first;
}

nlohmann::json to_json(const Right& right)
{
    return { { "count", right.all },
             { "label_right", right.label },
             { "family_right", right.family },
             { "unknown", right.unknown } };
}

nlohmann::json row(const graph::Network& network, const std::string& file)
{
    data::Recording recording(file, {});
    cli::warn(recording.info().warnings);
    const auto tally = classify(network, recording.info(), read_all(recording));
    return { { "file", std::filesystem::path(file).stem().string() },
             { "truth", tally.truth },
             { "family", tally.truth.empty() ? "" : family_of(tally.truth) },
             { "labels", tally.labels },
             { "majority", majority(tally.labels) },
             { "family_majority", majority(tally.families) },
             { "events", to_json(tally.events) },
             { "frames", to_json(tally.frames) } };
}

/// "OOK 12, noise 3": how often each label was given, most frequent first.
std::string counts(const nlohmann::json& labels)
{
    std::vector<std::pair<int, std::string>> sorted;
    for (const auto& [label, count] : labels.items())
        sorted.emplace_back(-count.get<int>(), label);
    std::sort(sorted.begin(), sorted.end());
    std::string text;
    for (const auto& [count, label] : sorted)
        text += (text.empty() ? "" : ", ") + label + " " + std::to_string(-count);
    return text;
}

void print(const nlohmann::json& row)
{
    const bool known = !row["truth"].get<std::string>().empty();
    std::printf("%-28s %-6s %7d ", row["file"].get<std::string>().c_str(),
                known ? row["truth"].get<std::string>().c_str() : "-", row["events"]["count"].get<int>());
    for (const char* key : { "label_right", "family_right" })
        if (known)
            std::printf("%6.1f %% ",
                        100.0 * row["events"][key].get<int>() / std::max(1, row["events"]["count"].get<int>()));
        else
            std::printf("%8s ", "-");
    std::printf(" %s\n", counts(row["labels"]).c_str());
}

/// Recordings right by the majority of their decisions, and the mean over recordings of what frames and decisions
/// had right: recordings count alike, however long.
nlohmann::json summary_of(const nlohmann::json& rows)
{
    nlohmann::json sum = { { "recordings", 0 }, { "class_right", 0 }, { "family_right", 0 }, { "unknown", 0 } };
    std::map<std::string, double> shares;
    for (const auto& row : rows) {
        if (row["truth"].get<std::string>().empty())
            continue;
        sum["recordings"] = sum["recordings"].get<int>() + 1;
        sum["class_right"] = sum["class_right"].get<int>() + (row["majority"] == row["truth"]);
        sum["family_right"] = sum["family_right"].get<int>() + (row["family_majority"] == row["family"]);
        sum["unknown"] = sum["unknown"].get<int>() + (row["majority"] == graph::kUnknownLabel);
        for (const char* level : { "events", "frames" })
            for (const char* key : { "label_right", "family_right", "unknown" })
                shares[std::string(level) + "_" + key] +=
                    row[level][key].get<double>() / std::max(1.0, row[level]["count"].get<double>());
    }
    for (const auto& [key, share] : shares)
        sum[key] = share / sum["recordings"].get<double>();
    return sum;
}

void print_summary(const nlohmann::json& sum)
{
    const auto number = [&](const char* key) { return sum[key].get<double>(); };
    std::printf(
        "by majority of decisions: class right in %.0f of %.0f recordings, family in %.0f; \"unknown\" in %.0f "
        "(as half: class %.1f, family %.1f)\n",
        number("class_right"), number("recordings"), number("family_right"), number("unknown"),
        number("class_right") + 0.5 * number("unknown"), number("family_right") + 0.5 * number("unknown"));
    for (const std::string level : { "events", "frames" }) {
        const double unknown = number((level + "_unknown").c_str());
        const double label = number((level + "_label_right").c_str());
        const double family = number((level + "_family_right").c_str());
        std::printf("%s, mean over recordings: class %.1f %%, family %.1f %%, unknown %.1f %% (as half: %.1f %%, "
                    "%.1f %%)\n",
                    level.c_str(), 100 * label, 100 * family, 100 * unknown, 100 * (label + 0.5 * unknown),
                    100 * (family + 0.5 * unknown));
    }
}

} // namespace

nlohmann::json eval_recordings(const graph::Network& network, const std::vector<std::string>& files)
{
    auto rows = nlohmann::json::array();
    std::printf("%-28s %-6s %7s %8s %8s  %s\n", "recording", "truth", "events", "label", "family", "labels given");
    for (const auto& file : files) {
        rows.push_back(row(network, file));
        print(rows.back());
    }
    nlohmann::json summary = summary_of(rows);
    if (summary["recordings"].get<int>() > 0)
        print_summary(summary);
    return { { "rows", rows }, { "summary", summary } };
}

} // namespace prunedamr::workshop
