// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/event_stream.h"

#include "python/arrays.h"
#include "python/event_dict.h"

#include "prunedamr/base/error.h"

#include <algorithm>

namespace py = pybind11;

namespace prunedamr::python {
namespace {

constexpr std::size_t kSamplesPerCheck = 1 << 20; ///< between two looks for Ctrl-C

stream::TimeSource time_source_of(const std::string& name)
{
    for (const auto source : { stream::TimeSource::hw, stream::TimeSource::system, stream::TimeSource::file })
        if (name == stream::to_string(source))
            return source;
    throw InvalidArgument({ "unknown source of time", "time_source", name, "hw, system or file" });
}

} // namespace

stream::ClassifierConfig config_of(const StreamOptions& options)
{
    stream::ClassifierConfig config;
    config.source = options.source;
    config.sample_rate_hz = options.sample_rate_hz;
    config.center_freq_hz = options.center_freq_hz;
    config.min_confidence = options.min_confidence;
    config.live = options.live;
    config.max_lag_s = options.max_lag_s;
    config.interval_s = options.interval_s;
    return config;
}

stream::EventHandler EventStream::handler()
{
    return [this](const stream::LabelEvent& event) { events_.push_back(event); };
}

void EventStream::start(std::unique_ptr<stream::StreamClassifier> classifier, StartTime time_ns)
{
    classifier_ = std::move(classifier);
    if (time_ns)
        classifier_->set_time(0, *time_ns, stream::TimeSource::file);
}

py::list EventStream::process(const py::object& samples)
{
    const Samples in = samples_of(samples);
    const std::complex<float>* from = in.data();
    const auto count = static_cast<std::size_t>(in.size());
    for (std::size_t done = 0; done < count;) {
        const std::size_t chunk = std::min(count - done, kSamplesPerCheck);
        alone([&] { classifier_->process(from + done, chunk); });
        done += chunk;
        if (PyErr_CheckSignals() != 0)
            throw py::error_already_set();
    }
    return take_events();
}

py::list EventStream::flush()
{
    alone([&] { classifier_->flush(); });
    return take_events();
}

py::list EventStream::take_events()
{
    std::vector<stream::LabelEvent> events;
    alone([&] { events.swap(events_); });
    return event_dicts(events);
}

void EventStream::set_time(std::uint64_t sample_index, std::int64_t time_ns, const std::string& time_source)
{
    const stream::TimeSource source = time_source_of(time_source);
    alone([&] { classifier_->set_time(sample_index, time_ns, source); });
}

void EventStream::set_center_freq_hz(double center_freq_hz)
{
    stream::ClassifierConfig changed = config_;
    changed.center_freq_hz = center_freq_hz;
    stream::check(changed);
    classifier_->set_center_freq_hz(center_freq_hz);
}

void EventStream::set_model(stream::Model next)
{
    classifier_->set_model(std::move(next));
}

bool EventStream::revert_model()
{
    return classifier_->revert_model();
}

void EventStream::count_overflow()
{
    classifier_->count_overflow();
}

py::dict EventStream::stats() const
{
    const stream::ClassifierStats stats = classifier_->stats();
    py::dict dict;
    stream::visit_stats([&](const char* name, auto member, const char*) { dict[name] = stats.*member; });
    return dict;
}

std::string EventStream::description()
{
    std::string text;
    alone([&] { text = classifier_->description(); });
    return text;
}

SignalClassifier::SignalClassifier(stream::Model model, const stream::ClassifierConfig& config, StartTime time_ns)
    : EventStream(config)
{
    start(std::make_unique<stream::SignalClassifier>(std::move(model), config, handler()), time_ns);
}

py::object SignalClassifier::classify_burst(const py::object& samples)
{
    const Samples in = samples_of(samples);
    const std::complex<float>* from = in.data();
    const auto count = static_cast<std::size_t>(in.size());
    stream::LabelEvent event;
    bool is_long_enough = false;
    alone([&] {
        is_long_enough = static_cast<stream::SignalClassifier&>(*classifier_).classify_burst(from, count, event);
    });
    return is_long_enough ? py::object(event_dict(event)) : py::none();
}

WidebandScanner::WidebandScanner(stream::Model model, const stream::ClassifierConfig& config, StartTime time_ns)
    : EventStream(config)
{
    start(std::make_unique<stream::WidebandScanner>(std::move(model), config, handler()), time_ns);
}

} // namespace prunedamr::python
