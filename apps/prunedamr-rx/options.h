// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr-rx/source_options.h"

#include "prunedamr/receiver/hub/messages.h"
#include "prunedamr/receiver/outputs/output.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace prunedamr::rx {

struct Options {
    SourceOptions source;
    std::string model = "onair-s"; ///< file or name
    bool watch_model = false;      ///< read it again when its file changes
    std::string updates, update_keys; ///< folder, file or folder; empty: no updates are taken
    std::string backend = "native";
    double max_latency_us = 0.0; ///< of a call of the network; 0: no bound
    double interval_s = 0.1;      ///< of what lasts, one label per interval
    bool single = false;          ///< one signal, which somebody has tuned to
    bool measure = true, evidence = false; ///< numbers in the labels, and the points they are from
    double min_confidence = -1.0; ///< 0..1; negative: the model's own
    std::vector<receiver::Output> outputs; ///< at least one after `check`, or a hub
    std::optional<receiver::Output> snippets; ///< of --snippets and its options; `check` adds it to the outputs
    std::string topic = "label";
    std::string zmq_clients; ///< file or folder of the public keys that may subscribe; empty: any key
    std::string zmq_key;     ///< file of the CURVE secret key of the ZeroMQ outputs; empty: none
    std::string systems;     ///< file with systems of one's own, besides the shipped table; empty: none
    std::string name;        ///< of the source in the labels; empty: rx0, or of several files the path of each
    std::string web;                 ///< address and port of the page; empty: none
    std::string web_cert, web_key, web_token; ///< files
    std::string drift;               ///< "model", "none" or a file; empty: learned in each run
    std::uint64_t drift_learn = 2000; ///< decisions
    double drift_false_alarm_days = 30.0;
    std::optional<receiver::Output> hub; ///< of --hub
    double hub_spool_bytes = 8e6, hub_wait_s = 10.0;
    std::optional<receiver::hub::Position> position;
    bool quiet = false;
    bool profile = false;

    bool has_output(receiver::OutputKind kind) const;
    std::string snippet_folder() const; ///< empty: none
};

/// Adds the receiver's options, which write to `options` when the command line is parsed.
/// The value `help` of --out prints the choices and ends the program with exit code 0.
void add_options(CLI::App& app, Options& options);

/// Checks what options must be given together, and fills in the default output.
/// Throws `CLI::ValidationError`.
void check(Options& options);

} // namespace prunedamr::rx
