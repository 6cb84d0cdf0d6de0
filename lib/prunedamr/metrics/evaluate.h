// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/metrics/scores.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <vector>

namespace prunedamr::metrics {

/// Logits of frames, one row per frame.
struct Logits {
    std::size_t classes = 0;
    std::vector<float> values; ///< [count, classes]

    std::size_t count() const { return classes > 0 ? values.size() / classes : 0; }
    const float* row(std::size_t frame) const { return values.data() + frame * classes; }
};

/// The class of the largest logit of each frame, the first of equal ones.
std::vector<std::int32_t> decisions(const Logits& logits);

/// What a classifier gains or loses against another one on the same frames, and how sure that is: between two good
/// networks a few frames decide, and a difference of the size of its standard error can as well be chance.
class PairedComparison
{
public:
    /// `group`: that of the data set; frames of one group are of one signal and may all change alike.
    void add(std::int32_t truth, std::int32_t before, std::int32_t after, std::int64_t group);

    std::int64_t count() const { return count_; }
    double accuracy() const;       ///< of the one after, minus that of the one before, -1..1; 0 when empty
    double standard_error() const; ///< of that, for resampled groups (a ratio estimate over clusters); 0 when empty
    double differing() const;      ///< fraction of the decisions that are not the same, 0..1; 0 when empty

    /// {"count", "accuracy", "standard_error", "differing"}
    nlohmann::json to_json() const;

    /// For people, one line without its end: "-0.16 points, standard error 0.11; 2.9 % of the decisions differ".
    std::string to_text() const;

private:
    struct Sum {
        std::int64_t frames = 0, change = 0; ///< change: right ones gained minus lost
    };

    std::unordered_map<std::int64_t, Sum> groups_;
    std::int64_t count_ = 0, change_ = 0, differing_ = 0;
};

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
