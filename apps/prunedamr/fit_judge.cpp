// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/fit_judge.h"

#include "prunedamr/base/file.h"
#include "prunedamr/metrics/judge_training.h"

#include <cstdio>
#include <iterator>

namespace prunedamr::tool {

metrics::DetectionScores fit_judge(const FitOptions& options)
{
    std::vector<metrics::JudgeEpoch> epochs;
    for (const auto& path : options.epochs) {
        auto more = metrics::read_epochs(path);
        std::move(more.begin(), more.end(), std::back_inserter(epochs));
    }
    metrics::JudgeTrainingConfig config;
    config.trees = options.trees;
    config.depth = options.depth;
    const auto print = [](const std::string& line) {
        std::printf("%s\n", line.c_str());
        std::fflush(stdout);
    };
    std::vector<detect::Judge> judges;
    for (const auto& path : options.others)
        judges.emplace_back(read_file(path), path);
    judges.push_back(metrics::train_judge(epochs, config, print));
    const std::string text = detect::Judge::mean(judges).to_json(options.source);
    const detect::Judge shipped(text, options.out); // with its numbers rounded
    const auto scores = metrics::score_judge(shipped, epochs, config.held_back);
    print("scenes that were held back:\n" + scores.to_text());
    write_text_atomically(options.out, text);
    return scores;
}

} // namespace prunedamr::tool
