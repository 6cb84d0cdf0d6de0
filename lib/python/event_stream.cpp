// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/event_stream.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"
#include "prunedamr/stream/label_event_fields.h"
#include "python/arrays.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace py = pybind11;

namespace prunedamr::python {
namespace {

py::object to_python(int number)
{
    return py::int_(number);
}

py::object to_python(std::uint64_t number)
{
    return py::int_(number);
}

py::object to_python(double number)
{
    return std::isfinite(number) ? py::object(py::float_(number)) : py::none();
}

/// The double of the same shortest decimal number, as in JSON: 0.1f is 0.1, not 0.10000000149.
py::object to_python(float number)
{
    if (!std::isfinite(number))
        return py::none();
    char digits[32];
    const char* end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
    double value = 0.0;
    std::from_chars(digits, end, value);
    return py::float_(value);
}

/// Text may have been cut within a UTF-8 sequence: what is broken is replaced.
py::object to_python(std::string_view text)
{
    return py::reinterpret_steal<py::object>(
        PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "replace"));
}

py::object to_python(stream::TimeStamp time)
{
    return py::str(rfc3339(time.ns));
}

py::object to_python(stream::TopList top)
{
    py::list pairs;
    for (int i = 0; i < top.count; ++i) {
        py::list pair;
        pair.append(to_python(top.first[i].label.view()));
        pair.append(to_python(top.first[i].probability));
        pairs.append(std::move(pair));
    }
    return std::move(pairs);
}

py::object to_python(stream::MeasuredList list)
{
    py::dict dict;
    list.for_each([&](const char* name, double number) { dict[name] = to_python(number); });
    return std::move(dict);
}

py::object to_python(stream::CandidateList list)
{
    const auto names = [](std::uint32_t aspects) {
        py::list all;
        stream::CandidateList::for_each_aspect(aspects, [&](std::string_view name) { all.append(to_python(name)); });
        return all;
    };
    py::list candidates;
    for (int i = 0; i < list.count; ++i) {
        py::dict candidate;
        candidate["system"] = to_python(list.first[i].system.view());
        candidate["fits"] = names(list.first[i].fits);
        candidate["not"] = names(list.first[i].misses);
        candidates.append(std::move(candidate));
    }
    return std::move(candidates);
}

py::object to_python(stream::DriftNote note)
{
    py::dict dict;
    const auto add = [&](const char* name, const auto& value) { dict[name] = to_python(value); };
    note.for_each_text(add);
    note.for_each_number(add);
    return std::move(dict);
}

py::object to_python(stream::EvidenceList list)
{
    py::list points;
    for (int k = 0; k < list.count(); ++k) {
        py::list pair;
        pair.append(list.i(k));
        pair.append(list.q(k));
        points.append(list.has_pairs() ? py::object(pair) : py::object(py::float_(list.i(k))));
    }
    py::dict dict;
    dict[list.name()] = points;
    return std::move(dict);
}

} // namespace

py::dict event_dict(const stream::LabelEvent& event)
{
    py::dict dict;
    stream::visit_fields(event, [&dict](const char* name, const auto& value) { dict[name] = to_python(value); });
    return dict;
}

py::list event_dicts(const std::vector<stream::LabelEvent>& events)
{
    py::list dicts;
    for (const stream::LabelEvent& event : events)
        dicts.append(event_dict(event));
    return dicts;
}

} // namespace prunedamr::python
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
