// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/eval_recordings.h"

#include "apps/common/cli.h"

#include "prunedamr/metrics/evaluate_recordings.h"

#include <algorithm>
#include <cstdio>

namespace prunedamr::tool {
namespace {

/// "OOK 12, noise 3": how often each label was given, most frequent first.
std::string counts_text(const std::map<std::string, int>& labels)
{
    std::vector<std::pair<int, std::string>> sorted;
    for (const auto& [label, count] : labels)
        sorted.emplace_back(-count, label);
    std::sort(sorted.begin(), sorted.end());
    std::string text;
    for (const auto& [count, label] : sorted)
        text += (text.empty() ? "" : ", ") + label + " " + std::to_string(-count);
    return text;
}

void print(const metrics::RecordingScores& row)
{
    const bool known = !row.truth.empty();
    std::printf("%-28s %-6s %7d ", row.file.c_str(), known ? row.truth.c_str() : "-", row.events.count);
    for (const int right : { row.events.label_right, row.events.family_right })
        if (known)
            std::printf("%6.1f %% ", 100.0 * right / std::max(1, row.events.count));
        else
            std::printf("%8s ", "-");
    std::printf(" %s\n", counts_text(row.labels).c_str());
}

void print(const metrics::RecordingSummary& sum)
{
    std::printf("by majority of decisions: class right in %d of %d recordings, family in %d; \"unknown\" in %d "
                "(as half: class %.1f, family %.1f)\n",
                sum.class_right, sum.recordings, sum.family_right, sum.unknown, sum.class_right + 0.5 * sum.unknown,
                sum.family_right + 0.5 * sum.unknown);
    for (const auto& [level, of] : { std::pair{ "events", sum.events }, std::pair{ "frames", sum.frames } })
        std::printf("%s, mean over recordings: class %.1f %%, family %.1f %%, unknown %.1f %% (as half: %.1f %%, "
                    "%.1f %%)\n",
                    level, 100 * of.label_right, 100 * of.family_right, 100 * of.unknown,
                    100 * (of.label_right + 0.5 * of.unknown), 100 * (of.family_right + 0.5 * of.unknown));
}

} // namespace

nlohmann::json eval_recordings(const model::Model& model, const std::vector<std::string>& files)
{
    std::vector<metrics::RecordingScores> all;
    auto rows = nlohmann::json::array();
    std::printf("%-28s %-6s %7s %8s %8s  %s\n", "recording", "truth", "events", "label", "family", "labels given");
    for (const auto& file : files) {
        recording::Recording recording(file, {});
        cli::warn(recording.info().warnings);
        all.push_back(metrics::evaluate_recording(model, recording, file));
        print(all.back());
        rows.push_back(metrics::to_json(all.back()));
    }
    const metrics::RecordingSummary summary = metrics::summarize(all);
    if (summary.recordings > 0)
        print(summary);
    return { { "rows", rows }, { "summary", metrics::to_json(summary) } };
}

} // namespace prunedamr::tool
