// SPDX-License-Identifier: GPL-3.0-or-later
#include "eval_recordings.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/modulation.h"
#include "prunedamr/data/recording.h"
#include "prunedamr/stream/classifier.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

namespace prunedamr::workshop {
namespace {

struct Tally {
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

Tally classify(const graph::Network& network, const data::RecordingInfo& info,
               const std::vector<std::complex<float>>& samples)
{
    Tally tally;
    std::string truth;
    stream::ClassifierConfig config;
    config.sample_rate_hz = info.sample_rate_hz;
    stream::Classifier classifier(network, config, [&](const stream::LabelEvent& event) {
        const std::string label(event.label.view());
        const std::string family = family_of(truth);
        ++tally.events;
        ++tally.labels[label];
        tally.label_right += label == truth;
        tally.family_right += event.family.view() == family;
    });
    for (const auto& annotation : info.annotations) {
        const auto end = std::min<std::uint64_t>(annotation.sample_start + annotation.sample_count, samples.size());
        if (annotation.label.empty() || annotation.sample_start >= end)
            continue;
        truth = annotation.label;
        classifier.process(samples.data() + annotation.sample_start, end - annotation.sample_start);
        classifier.flush();
    }
    return tally;
}

nlohmann::json row(const graph::Network& network, const std::string& file)
{
    data::Recording recording(file, {});
    const auto& info = recording.info();
    if (info.annotations.empty())
        throw Error({ "recording has no annotations to compare with", file, "", "" });
    const auto tally = classify(network, info, read_all(recording));
    const auto best = std::max_element(tally.labels.begin(), tally.labels.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::string truth = info.annotations.front().label;
    return { { "file", std::filesystem::path(file).stem().string() },
             { "truth", truth },
             { "family", family_of(truth) },
             { "events", tally.events },
             { "labels", tally.labels },
             { "majority", best == tally.labels.end() ? "" : best->first },
             { "label_right", tally.label_right },
             { "family_right", tally.family_right } };
}

} // namespace

nlohmann::json eval_recordings(const graph::Network& network, const std::vector<std::string>& files)
{
    auto rows = nlohmann::json::array();
    std::printf("%-28s %-6s %-8s %7s %8s %8s\n", "recording", "truth", "majority", "events", "label", "family");
    for (const auto& file : files) {
        rows.push_back(row(network, file));
        const auto& r = rows.back();
        const int events = std::max(1, r["events"].get<int>());
        std::printf("%-28s %-6s %-8s %7d %6.1f %% %6.1f %%\n", r["file"].get<std::string>().c_str(),
                    r["truth"].get<std::string>().c_str(), r["majority"].get<std::string>().c_str(),
                    r["events"].get<int>(), 100.0 * r["label_right"].get<int>() / events,
                    100.0 * r["family_right"].get<int>() / events);
    }
    return rows;
}

} // namespace prunedamr::workshop
