// SPDX-License-Identifier: GPL-3.0-or-later
#include "eval_recordings.h"

#include "cli.h"

#include "prunedamr/base/modulation.h"
#include "prunedamr/data/recording/recording.h"
#include "prunedamr/stream/classifier.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

namespace prunedamr::workshop {
namespace {

struct Tally {
    std::string truth;
    std::map<std::string, int> labels;
    int events = 0;
    int label_right = 0;
    int family_right = 0;
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

Tally classify(const graph::Network& network, const data::RecordingInfo& info,
               const std::vector<std::complex<float>>& samples)
{
    Tally tally;
    std::string truth;
    stream::ClassifierConfig config;
    config.sample_rate_hz = info.sample_rate_hz;
    stream::Classifier classifier(network, config, [&](const stream::LabelEvent& event) {
        const std::string label(event.label.view());
        ++tally.events;
        ++tally.labels[label];
        tally.label_right += label == truth;
        tally.family_right += !truth.empty() && event.family.view() == family_of(truth);
    });
    for (const auto& stretch : stretches(info, samples.size())) {
        truth = stretch.label;
        if (tally.truth.find(truth) == std::string::npos)
            tally.truth += (tally.truth.empty() ? "" : "+") + truth;
        classifier.process(samples.data() + stretch.sample_start, stretch.sample_count);
        classifier.flush();
    }
    return tally;
}

nlohmann::json row(const graph::Network& network, const std::string& file)
{
    data::Recording recording(file, {});
    cli::warn(recording.info().warnings);
    const auto tally = classify(network, recording.info(), read_all(recording));
    const auto best = std::max_element(tally.labels.begin(), tally.labels.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return { { "file", std::filesystem::path(file).stem().string() },
             { "truth", tally.truth },
             { "family", tally.truth.empty() ? "" : family_of(tally.truth) },
             { "events", tally.events },
             { "labels", tally.labels },
             { "majority", best == tally.labels.end() ? "" : best->first },
             { "label_right", tally.label_right },
             { "family_right", tally.family_right } };
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

} // namespace

nlohmann::json eval_recordings(const graph::Network& network, const std::vector<std::string>& files)
{
    auto rows = nlohmann::json::array();
    std::printf("%-28s %-6s %7s %8s %8s  %s\n", "recording", "truth", "events", "label", "family", "labels given");
    for (const auto& file : files) {
        rows.push_back(row(network, file));
        const auto& r = rows.back();
        const bool known = !r["truth"].get<std::string>().empty();
        const double scale = 100.0 / std::max(1, r["events"].get<int>());
        std::printf("%-28s %-6s %7d ", r["file"].get<std::string>().c_str(),
                    known ? r["truth"].get<std::string>().c_str() : "-", r["events"].get<int>());
        if (known)
            std::printf("%6.1f %% %6.1f %%", scale * r["label_right"].get<int>(),
                        scale * r["family_right"].get<int>());
        else
            std::printf("%8s %8s", "-", "-");
        std::printf("  %s\n", counts(r["labels"]).c_str());
    }
    return rows;
}

} // namespace prunedamr::workshop
