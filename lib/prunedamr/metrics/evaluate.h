// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/metrics/logits.h"
#include "prunedamr/metrics/paired_comparison.h"
#include "prunedamr/metrics/scores.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace prunedamr::metrics {

/// A network that is ready to run, whatever computes it. Used by one thread at a time.
struct Runner {
    /// frames [batch, 2, length] float32, I then Q -> logits [batch, classes]; 1 <= batch <= max_batch.
    std::function<void(const float* frames, int batch, float* logits)> run;
    std::int64_t length = 0; ///< complex samples per frame
    std::int64_t classes = 0;
    int max_batch = 0;
};

/// The network compiled by the engine. Throws `Error` as the constructor of `engine::Engine` does.
Runner engine_runner(const graph::Network& network, const engine::EngineConfig& config = {});
Runner engine_runner(const model::Model& model, const engine::EngineConfig& config = {});
Runner engine_runner(engine::Engine engine);

/// What a network says of frames of a data set, beside what is true of them; the vectors hold an entry per frame.
/// The network ran once: whatever is measured follows from this.
struct Evaluation {
    std::vector<std::string> class_names; ///< in the order of the logits
    Logits logits;
    std::vector<std::int32_t> labels; ///< true class
    std::vector<float> snr_db;        ///< NaN where it is not known
    std::vector<std::int64_t> groups; ///< frames of one signal share it

    bool empty() const { return labels.empty(); }
};

/// Runs the frames `indices` of the data set, in that order. None gives an empty evaluation. That data and network
/// fit is the caller's business (`model::check_contract`).
Evaluation evaluate(const Runner& runner, const dataset::Dataset& dataset,
                    const std::vector<std::int64_t>& indices);

/// Accuracy of the decisions.
Scores scores_of(const Evaluation& evaluation);

/// How the decisions of `after` differ from those of `before`; both are of the same frames in the same order, else
/// throws `Error`.
PairedComparison compare(const Evaluation& before, const Evaluation& after);

} // namespace prunedamr::metrics
