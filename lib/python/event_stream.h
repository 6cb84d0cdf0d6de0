// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/signal_classifier.h"
#include "prunedamr/stream/wideband_scanner.h"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::python {

/// The fields of an event by their names, equal to what Python's json makes of `stream::to_json_line`.
pybind11::dict event_dict(const stream::LabelEvent& event);

pybind11::list event_dicts(const std::vector<stream::LabelEvent>& events);

/// Keyword arguments that all streams have; ranges are those of `stream::ClassifierConfig`.
struct StreamOptions {
    double sample_rate_hz = 1.0;
    double interval_s = 0.1;
    double center_freq_hz = 0.0;
    std::string source = "rx0";
    std::optional<double> min_confidence; ///< none: the model's own
    bool live = false;
    double max_lag_s = 0.25;
};

/// Throws `Error` for a value outside its range.
stream::ClassifierConfig config_of(const StreamOptions& options);

/// Time of the first sample, since 1970-01-01 UTC; none: the system's time of the first call.
using StartTime = std::optional<std::int64_t>;

/// What Python's streaming classes share: samples in, the events that they complete out as dicts. Calls compute
/// without the interpreter's lock; those from several threads take turns, in pieces of a million samples.
class EventStream
{
public:
    virtual ~EventStream() = default;
    EventStream(const EventStream&) = delete; ///< the classifier's handler refers to this
    EventStream& operator=(const EventStream&) = delete;

    /// complex [n], numpy complex64 without a copy. On Ctrl-C the rest of the samples is not taken, and the events
    /// come with the next call. Throws Python's TypeError and `Error` for what is no such array.
    pybind11::list process(const pybind11::object& samples);
    pybind11::list flush();

    /// `time_source`: hw, system or file.
    void set_time(std::uint64_t sample_index, std::int64_t time_ns, const std::string& time_source);
    void set_center_freq_hz(double center_freq_hz);
    void set_model(stream::Model next);
    bool revert_model();
    void count_overflow();
    pybind11::dict stats() const;
    std::string description();

protected:
    explicit EventStream(stream::ClassifierConfig config) : config_(std::move(config)) {}
    stream::EventHandler handler();
    void start(std::unique_ptr<stream::StreamClassifier> classifier, StartTime time_ns);

    /// `work` without the interpreter's lock, alone. Whoever waits for this mutex does not hold that lock.
    template <typename Work> void alone(Work work)
    {
        const pybind11::gil_scoped_release unlocked;
        const std::lock_guard<std::mutex> guard(mutex_);
        work();
    }

    const stream::ClassifierConfig config_;
    std::unique_ptr<stream::StreamClassifier> classifier_;

private:
    pybind11::list take_events();

    std::mutex mutex_;
    std::vector<stream::LabelEvent> events_; ///< not yet given to Python
};

/// One signal at a time: `stream::SignalClassifier`.
class SignalClassifier : public EventStream
{
public:
    /// Throws `Error` for a value of `config` outside its range.
    SignalClassifier(stream::Model model, const stream::ClassifierConfig& config, StartTime time_ns);

    /// None for a burst that is too short.
    pybind11::object classify_burst(const pybind11::object& samples);
};

/// Every emission in a band: `stream::WidebandScanner`.
class WidebandScanner : public EventStream
{
public:
    /// Throws `Error` for a value of `config` outside its range.
    WidebandScanner(stream::Model model, const stream::ClassifierConfig& config, StartTime time_ns);
};

} // namespace prunedamr::python
