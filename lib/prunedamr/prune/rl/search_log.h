// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/channel_layers.h"
#include "prunedamr/prune/rl/search.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::prune::rl {

/// What one step of the search came to.
struct StepRecord {
    graph::KeptGroups removed; ///< groups of each layer, indices of the original
    Policy policy;             ///< after learning
    Reward reward;             ///< of the chosen network, not trained since
    double value = 0.0;        ///< its Q
    double exploration = 0.0;  ///< chance of a random choice
    bool explored = false;     ///< chosen at random
    bool reset = false;        ///< accuracy fell too far: the policy was reset and the step sampled again
    std::vector<double> round_values;
};

nlohmann::json to_json(const StepRecord& record);

/// Steps taken so far, in a JSON file, so that a resumed run goes on where it was stopped.
class SearchLog
{
public:
    /// `run` says what makes the run the run that it is; `path` may be empty: nothing is kept then. With `resume`
    /// an existing file is read; throws `Error` when it is damaged or of another run.
    SearchLog(std::string path, bool resume, nlohmann::json run, const graph::KeptGroups& whole);

    const std::vector<StepRecord>& steps() const { return steps_; }
    void append(StepRecord record); ///< and writes the file, atomically

private:
    void read(const graph::KeptGroups& whole);

    std::string path_;
    nlohmann::json run_;
    std::vector<StepRecord> steps_;
};

} // namespace prunedamr::prune::rl
