// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/dsp/front_end_spec.h"

#include <limits>
#include <string>
#include <vector>

namespace prunedamr::model {

/// How the live classifier turns logits into a label.
struct Decision {
    double temperature = 1.0;    ///< logits are divided by it before softmax; > 0
    double min_confidence = 0.4; ///< below it a label is not given, 0..1
    double hysteresis = 0.1;     ///< by which another label's probability must exceed the last one's, 0..1
    /// Signals whose frames' mean `LogitReader::unknown_score` lies above are unknown; infinite: no such test.
    double unknown_score = std::numeric_limits<double>::infinity();
};

/// What a receiver must know of a model, whatever computes its logits: a graph, or a program of another runtime.
struct ModelInfo {
    std::string name;                  ///< architecture or model name
    std::vector<std::string> labels;   ///< class names, in the order of the logits; at least 2, unique
    std::vector<std::string> families; ///< family of each label, same length
    FrontEndSpec front_end;            ///< its frame_length is the network's input length
    Decision decision;
    std::string provenance = "{}"; ///< JSON object: how it was made, as commands, data, seeds
    std::string accuracy = "{}";   ///< JSON object: measured accuracy, as `metrics::Scores::to_json` writes it
    /// JSON object: what decisions on the data of its calibration are like, as `stream::DriftReference` writes it; empty
    /// where that is not known.
    std::string drift;
};

/// Throws `Error` naming the model for labels that are too few, empty or repeated, families that do not match them,
/// and for a front end, decision, provenance or accuracy out of its range.
PRUNEDAMR_API void validate(const ModelInfo& info);

/// The family of each label by the table of classes (class_table.h).
PRUNEDAMR_API std::vector<std::string> families_of(const std::vector<std::string>& labels);

/// Reads a JSON file with "labels", "front_end" and, where the user gives them, "name", "families" and "decision".
/// The name is by default that of the file, the families are those of the table of classes. Throws `Error` naming
/// file and key: not JSON, a missing or unknown key, a value out of range.
PRUNEDAMR_API ModelInfo load_model_info(const std::string& path);

/// Writes such a file, with all five keys, atomically. Throws `Error` when it cannot be written or a text is not
/// UTF-8.
PRUNEDAMR_API void save_model_info(const ModelInfo& info, const std::string& path);

/// Whether frames made by `front_end` with labels `class_names` are what the model was made for. Throws `Error`
/// with `where` (the data's name) naming what differs: front end or class names.
PRUNEDAMR_API void check_contract(const ModelInfo& info, const FrontEndSpec& front_end,
                                  const std::vector<std::string>& class_names, const std::string& where);

} // namespace prunedamr::model
