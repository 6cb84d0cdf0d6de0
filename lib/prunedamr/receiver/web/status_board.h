// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/hub/link.h"
#include "prunedamr/receiver/receiver.h"
#include "prunedamr/stream/drift.h"
#include "prunedamr/stream/sinks.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

/// What is known of a run, for whoever asks: Prometheus, the page, a shell. All functions: any thread.
class StatusBoard
{
public:
    StatusBoard();
    ~StatusBoard();

    struct Source {
        std::string name, model;
        bool is_live = false;
        double sample_rate_hz = 0.0, center_freq_hz = 0.0;
    };

    /// What may be changed, and what is set.
    struct Control {
        bool may_change = false, can_tune = false, can_set_gain = false;
        std::optional<double> gain_db; ///< none: automatic
        std::vector<std::string> gain_elements;
        std::optional<double> min_confidence; ///< none: the model's
        std::optional<std::string> scan;      ///< list of a scan; none: the receiver does not scan
    };

    struct OutputState {
        std::string name;
        stream::OutputStats stats;
        std::string fault; ///< why it has failed; empty: it has not
    };

    /// Signed updates of the model, since the start of the run.
    struct Updates {
        std::uint64_t sequence = 0; ///< of the last one that was taken, ever
        std::uint64_t taken = 0, returned = 0;
        std::map<std::string, std::uint64_t> refused; ///< by why: `model::to_string`
        bool on_trial = false; ///< the last one is watched still, and may be returned
        std::string last;      ///< what happened last, one line
    };

    void set_source(const Source& source);
    void set_updates(const Updates& updates); ///< where updates are taken
    void set_hub(const hub::LinkStatus& hub); ///< where there is one
    void set_tuned(double center_freq_hz);
    void set_control(const Control& control);
    void set_counts(const ReceiverStats& total, std::vector<OutputState> outputs); ///< since the start of the run
    void set_drift(const stream::DriftStatus& status);
    void add(const stream::LabelEvent& event);

    /// Text format 0.0.4 of Prometheus; the names of the counts are those of `visit_stats`, `visit_receiver_stats`
    /// and `visit_output_stats`. https://prometheus.io/docs/instrumenting/exposition_formats
    std::string metrics() const;
    std::string status_json() const; ///< the same as an object

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::receiver
