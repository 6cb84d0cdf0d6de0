// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/cost.h"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace prunedamr::report {

/// Labels of this SNR and more count as high [dB].
inline constexpr int kHighSnrDb = 0;

struct Accuracy {
    double mean = 0.0;            ///< over all frames, 0..1
    std::map<int, double> by_snr; ///< label in dB -> 0..1
    std::vector<std::string> classes;
    std::vector<std::vector<double>> confusion; ///< frames, [truth][predicted]; empty where it was not written

    std::optional<double> at_high_snr() const; ///< mean over the labels of kHighSnrDb and more, if there are any
};

struct TrainingEpoch {
    double number = 0.0; ///< from 1
    double train_loss = 0.0;
    double train_accuracy = 0.0;      ///< 0..1
    double validation_accuracy = 0.0; ///< 0..1; NaN without a validation part
    double learning_rate = 0.0;
    double seconds = 0.0;
};

/// Output channels of a node that a channel method thinned.
struct LayerChannels {
    std::string node;
    std::size_t kept = 0;
    std::size_t all = 0; ///< before; 0 where the run does not say it
};

/// How alike the units' outputs are, and what was made of it.
struct Similarity {
    std::vector<std::string> units;          ///< in order of depth
    std::vector<std::vector<double>> values; ///< [units][units], NaN where it is not defined
    std::vector<int> block_sizes;            ///< of the partition; their sum is the number of units
    std::set<std::string> chosen;
};

/// Accuracy under an attack.
struct Attack {
    std::string kind;        ///< with its norm and steps, if they are not the usual ones
    double level = 0.0;      ///< of the perturbation below the frame's power, or whatever `unit` says
    std::string unit = "dB"; ///< of the level
    double accuracy = 0.0;   ///< 0..1
};

/// A network that a search met on its way.
struct FrontPoint {
    std::string chain;
    std::map<std::string, double> cost; ///< of "macs", "params", "latency_us" those that were written
    double validation_accuracy = 0.0;   ///< 0..1
    bool on_front = false;
};

/// One network made by `train`, `compress`, or only measured. What its files do not say is empty.
struct Run {
    std::string name; ///< of the model
    std::string file; ///< that it was read from
    std::string method;
    std::string budget;
    std::string base; ///< name of the network it was made from
    std::string command;
    std::optional<graph::Cost> cost, base_cost;
    std::optional<Accuracy> test, base_test;
    std::optional<double> validation_accuracy;         ///< 0..1
    std::optional<double> latency_us, base_latency_us; ///< median of one frame on the engine
    std::optional<double> minutes;                     ///< of the whole run
    std::vector<TrainingEpoch> epochs;
    int best_epoch = 0;                  ///< 0: not known
    std::vector<std::string> base_units; ///< in order of depth; empty where the run does not say it
    std::vector<std::string> removed_units, fresh_units;
    std::vector<LayerChannels> layers;
    std::vector<Similarity> similarities; ///< one for each stage that looked at it
    std::vector<Attack> attacks, base_attacks;
    std::vector<FrontPoint> front;
};

/// The networks of the files that `train`, `compress`, `quantize`, `calibrate`, `eval` and `bench` write with --json,
/// and of those that tools/results collects. What eval and bench measured goes to the run that made the model of that name, else it is a run of its own. Runs of one name are
/// told apart by their files. Throws `Error` naming file and key.
std::vector<Run> read_runs(const std::vector<std::string>& files);

/// The run in JSON of what made a network; `where` stands for the file in messages.
Run run_from_json(const nlohmann::json& json, const std::string& where);

} // namespace prunedamr::report
