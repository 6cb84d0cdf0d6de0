// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/status_board.h"

#include "prunedamr/base/time.h"
#include "prunedamr/base/version.h"
#include "prunedamr/stream/label_event_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <sstream>

namespace prunedamr::receiver {
namespace {

constexpr std::size_t kMaxLabels = 200; ///< that are counted apart; a model has some dozen
constexpr std::size_t kMaxTold = 16;    ///< that the status lists, the last ones
constexpr int kBuckets = 10;            ///< of confidence: up to 0.1, 0.2, ... 1

struct LabelCount {
    std::uint64_t events = 0;
    std::int64_t last_ns = 0; ///< of the start of its last event
};

/// Writes families of samples.
class Exposition
{
public:
    void family(const std::string& name, const char* type, const std::string& help)
    {
        text_ += fmt::format("# HELP {} {}.\n# TYPE {} {}\n", name, help, name, type);
    }

    /// `labels`: name and value in turn.
    template <typename Value>
    void sample(const std::string& name, std::initializer_list<std::string_view> labels, const Value& value)
    {
        text_ += name;
        for (auto label = labels.begin(); label != labels.end(); label += 2) {
            text_ += label == labels.begin() ? '{' : ',';
            text_ += fmt::format("{}=\"{}\"", *label, escaped(label[1]));
        }
        text_ += fmt::format("{} {}\n", labels.size() > 0 ? "}" : "", value);
    }

    template <typename Value>
    void single(const std::string& name, const char* type, const std::string& help, const Value& value)
    {
        family(name, type, help);
        sample(name, {}, value);
    }

    std::string take() { return std::move(text_); }

private:
    static std::string escaped(std::string_view text)
    {
        std::string result;
        for (const char c : text) {
            if (c == '"' || c == '\\')
                result += '\\';
            if (c == '\n')
                result += "\\n";
            else
                result += c;
        }
        return result;
    }

    std::string text_;
};

/// "busy_s" -> "prunedamr_busy_seconds_total"
std::string counter_name(const std::string& prefix, std::string name)
{
    if (name.size() > 2 && name.compare(name.size() - 2, 2, "_s") == 0)
        name.replace(name.size() - 1, 1, "seconds");
    return prefix + name + "_total";
}

/// The names that all programs use. https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
void write_process(Exposition& out)
{
    std::ifstream file("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(
        text.substr(std::min(text.rfind(')'), text.size() - 1) + 1)); // behind the name: the third
    std::vector<std::string> words{ std::istream_iterator<std::string>(fields), {} };
    if (words.size() < 22)
        return;
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto number = [&](int field) {
        return std::strtod(words[static_cast<std::size_t>(field - 3)].c_str(), nullptr);
    };
    std::ifstream uptime("/proc/uptime");
    double up_s = 0.0;
    uptime >> up_s;
    out.single("process_cpu_seconds_total", "counter", "Processor time used, in seconds",
               (number(14) + number(15)) / ticks);
    out.single("process_resident_memory_bytes", "gauge", "Resident memory, in bytes",
               number(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    out.single("process_start_time_seconds", "gauge", "When the program started, in seconds since 1970",
               1e-9 * static_cast<double>(system_time_ns()) - up_s + number(22) / ticks);
    std::error_code failure;
    const std::filesystem::directory_iterator descriptors("/proc/self/fd", failure);
    if (!failure)
        out.single("process_open_fds", "gauge", "Open files", std::distance(begin(descriptors), end(descriptors)));
}

} // namespace

struct StatusBoard::Impl {
    mutable std::mutex mutex;
    Source source;
    Control control;
    ReceiverStats counts;
    std::vector<OutputState> outputs;
    std::optional<Updates> updates;
    std::optional<hub::LinkStatus> hub;
    std::map<std::pair<std::string, std::string>, LabelCount> labels; ///< by state and label
    std::array<std::uint64_t, kBuckets> confidences{};
    double confidence_sum = 0.0;
    std::optional<stream::DriftStatus> drift;
    struct Told {
        std::int64_t time_ns;
        stream::LabelEvent::Drift drift;
    };
    std::deque<Told> told; ///< the last one first
    const std::int64_t start_ns = system_time_ns();

    void write_counts(Exposition& out) const
    {
        stream::visit_stats([&](const char* name, auto member, const char* help) {
            out.single(counter_name("prunedamr_", name), "counter", std::string("Number of ") + help,
                       counts.classifier.*member);
        });
        visit_receiver_stats([&](const char* name, auto member, const char* help) {
            out.single(counter_name("prunedamr_source_", name), "counter", std::string("Number of ") + help,
                       counts.*member);
        });
    }

    void write_outputs(Exposition& out) const
    {
        stream::visit_output_stats([&](const char* name, auto member, const char* help) {
            const std::string metric = counter_name("prunedamr_output_", name);
            out.family(metric, "counter", std::string("Number of ") + help);
            for (const OutputState& output : outputs)
                out.sample(metric, { "output", output.name }, output.stats.*member);
        });
        out.family("prunedamr_output_up", "gauge", "1 unless the output has failed for good");
        for (const OutputState& output : outputs)
            out.sample("prunedamr_output_up", { "output", output.name }, output.fault.empty() ? 1 : 0);
    }

    void write_drift(Exposition& out) const
    {
        if (!drift)
            return;
        out.single("prunedamr_drift_active", "gauge", "1 while labels are no longer like the reference", drift->is_drifting ? 1 : 0);
        out.single("prunedamr_drift_told_total", "counter", "Number of events that tell of drift", drift->told);
        out.single("prunedamr_drift_reference_decisions", "gauge", "Decisions that the reference has", drift->learned);
        out.single("prunedamr_drift_watched_total", "counter", "Number of decisions that were compared with it", drift->watched);
        out.single("prunedamr_drift_evidence", "gauge", "Evidence of drift, log10", fmt::format("{:.3f}", drift->evidence));
        out.single("prunedamr_drift_limit", "gauge", "Evidence from which on drift is told, log10; 0 while the reference is learned",
                   fmt::format("{:.3f}", drift->limit));
    }

    nlohmann::ordered_json drift_json() const
    {
        using Json = nlohmann::ordered_json;
        if (!drift)
            return {};
        static constexpr const char* kReferences[] = { "learning", "site", "calibration" };
        Json json{ { "reference", kReferences[static_cast<int>(drift->reference)] },
                   { "decisions", drift->learned },
                   { "watched", drift->watched },
                   { "evidence", std::round(1e3 * drift->evidence) / 1e3 },
                   { "limit", std::round(1e3 * drift->limit) / 1e3 },
                   { "is_drifting", drift->is_drifting },
                   { "told", Json::array() } };
        for (const Told& one : told) {
            Json entry{ { "time", rfc3339(one.time_ns) } };
            const stream::DriftNote note{ &one.drift };
            const auto write = [&](const char* name, const auto& value) { entry[name] = value; };
            note.for_each_text(write);
            note.for_each_number(write);
            json["told"].push_back(std::move(entry));
        }
        return json;
    }

    void write_updates(Exposition& out) const
    {
        if (!updates)
            return;
        out.single("prunedamr_update_sequence", "gauge", "Number of the last update of the model that was taken", updates->sequence);
        out.single("prunedamr_update_on_trial", "gauge", "1 while the last update is watched and may be returned", updates->on_trial ? 1 : 0);
        out.family("prunedamr_updates_total", "counter", "Number of updates of the model, by what became of them");
        out.sample("prunedamr_updates_total", { "result", "taken" }, updates->taken);
        out.sample("prunedamr_updates_total", { "result", "returned" }, updates->returned);
        for (const auto& [why, count] : updates->refused)
            out.sample("prunedamr_updates_total", { "result", why }, count);
    }

    void write_hub(Exposition& out) const
    {
        if (!hub)
            return;
        out.single("prunedamr_hub_connected", "gauge", "1 while the broker or a hub is there", hub->is_connected ? 1 : 0);
        out.single("prunedamr_hub_acknowledged_total", "counter", "Number of events that a hub has stored", hub->acknowledged);
        out.single("prunedamr_hub_waiting", "gauge", "Events that no hub has acknowledged", hub->waiting);
        out.single("prunedamr_hub_lost_total", "counter", "Number of events that no hub will get: the spool was full", hub->lost);
        out.single("prunedamr_hub_reconnects_total", "counter", "Number of times that the connection was lost and found again", hub->reconnects);
    }

    void write_labels(Exposition& out) const
    {
        out.family("prunedamr_labels_total", "counter", "Number of events by state and label");
        for (const auto& [key, count] : labels)
            out.sample("prunedamr_labels_total", { "state", key.first, "label", key.second }, count.events);
        out.family("prunedamr_label_last_seen_timestamp_seconds", "gauge",
                   "Start of the last event with this label, in seconds since 1970");
        for (const auto& [key, count] : labels)
            out.sample("prunedamr_label_last_seen_timestamp_seconds", { "state", key.first, "label", key.second },
                       fmt::format("{:.3f}", 1e-9 * static_cast<double>(count.last_ns)));
        out.family("prunedamr_label_confidence", "histogram", "Confidence of the events that are no noise");
        std::uint64_t sum = 0;
        for (int i = 0; i < kBuckets; ++i) {
            sum += confidences[static_cast<std::size_t>(i)];
            const std::string bound = i + 1 < kBuckets ? fmt::format("0.{}", i + 1) : "1.0";
            out.sample("prunedamr_label_confidence_bucket", { "le", bound }, sum);
        }
        out.sample("prunedamr_label_confidence_bucket", { "le", "+Inf" }, sum);
        out.sample("prunedamr_label_confidence_sum", {}, confidence_sum);
        out.sample("prunedamr_label_confidence_count", {}, sum);
    }
};

StatusBoard::StatusBoard() : impl_(std::make_unique<Impl>()) {}

StatusBoard::~StatusBoard() = default;

void StatusBoard::set_source(const Source& source)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->source = source;
}

void StatusBoard::set_updates(const Updates& updates)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->updates = updates;
}

void StatusBoard::set_hub(const hub::LinkStatus& hub)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->hub = hub;
}

void StatusBoard::set_tuned(double center_freq_hz)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->source.center_freq_hz = center_freq_hz;
}

void StatusBoard::set_control(const Control& control)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->control = control;
}

void StatusBoard::set_counts(const ReceiverStats& total, std::vector<OutputState> outputs)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->counts = total;
    impl_->outputs = std::move(outputs);
}

void StatusBoard::set_drift(const stream::DriftStatus& status)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->drift = status;
}

void StatusBoard::add(const stream::LabelEvent& event)
{
    const std::lock_guard lock(impl_->mutex);
    if (event.drift)
        impl_->told.push_front({ event.time_ns, event.drift });
    if (impl_->told.size() > kMaxTold)
        impl_->told.pop_back();
    auto& labels = impl_->labels;
    std::pair<std::string, std::string> key{ stream::to_string(event.state), event.label.view() };
    if (labels.size() >= kMaxLabels && labels.count(key) == 0)
        key.second = "other";
    if (impl_->source.model != event.model.view())
        impl_->source.model = event.model.view();
    LabelCount& count = labels[std::move(key)];
    ++count.events;
    count.last_ns = event.time_ns;
    if (event.state == stream::State::noise)
        return;
    const int bucket = static_cast<int>(std::ceil(event.confidence * kBuckets)) - 1;
    ++impl_->confidences[static_cast<std::size_t>(std::clamp(bucket, 0, kBuckets - 1))];
    impl_->confidence_sum += static_cast<double>(event.confidence);
}

std::string StatusBoard::metrics() const
{
    const std::lock_guard lock(impl_->mutex);
    const Source& source = impl_->source;
    Exposition out;
    out.family("prunedamr_build_info", "gauge", "1, with the version of the program");
    out.sample("prunedamr_build_info", { "version", kVersion }, 1);
    out.family("prunedamr_source_info", "gauge",
               "1, with the source that is received and the model that labels it");
    out.sample("prunedamr_source_info", { "source", source.name, "model", source.model }, 1);
    out.single("prunedamr_sample_rate_hertz", "gauge", "Sample rate of the source", source.sample_rate_hz);
    out.single("prunedamr_center_frequency_hertz", "gauge", "Frequency that the source is tuned to",
               source.center_freq_hz);
    impl_->write_counts(out);
    impl_->write_labels(out);
    impl_->write_drift(out);
    impl_->write_outputs(out);
    impl_->write_updates(out);
    impl_->write_hub(out);
    write_process(out);
    return out.take();
}

std::string StatusBoard::status_json() const
{
    using Json = nlohmann::ordered_json;
    const std::lock_guard lock(impl_->mutex);
    const Impl& now = *impl_;
    const auto round_s = [](std::int64_t ns) { return std::round(1e-6 * static_cast<double>(ns)) / 1e3; };
    Json json{ { "version", kVersion },
               { "time", rfc3339(system_time_ns()) },
               { "uptime_s", round_s(system_time_ns() - now.start_ns) },
               { "model", now.source.model },
               { "source",
                 { { "name", now.source.name },
                   { "live", now.source.is_live },
                   { "sample_rate_hz", now.source.sample_rate_hz },
                   { "center_freq_hz", now.source.center_freq_hz } } } };
    const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(); };
    json["control"] = {
        { "may_change", now.control.may_change },       { "can_tune", now.control.can_tune },
        { "can_set_gain", now.control.can_set_gain },   { "gain_db", or_null(now.control.gain_db) },
        { "gain_elements", now.control.gain_elements }, { "min_confidence", or_null(now.control.min_confidence) },
        { "scan", or_null(now.control.scan) }
    };
    stream::visit_stats(
        [&](const char* name, auto member, const char*) { json["counts"][name] = now.counts.classifier.*member; });
    visit_receiver_stats(
        [&](const char* name, auto member, const char*) { json["source"][name] = now.counts.*member; });
    json["drift"] = now.drift_json();
    json["outputs"] = Json::array();
    for (const OutputState& output : now.outputs) {
        Json entry{ { "name", output.name }, { "fault", output.fault.empty() ? Json() : Json(output.fault) } };
        stream::visit_output_stats(
            [&](const char* name, auto member, const char*) { entry[name] = output.stats.*member; });
        json["outputs"].push_back(entry);
    }
    json["labels"] = Json::array();
    for (const auto& [key, count] : now.labels)
        json["labels"].push_back({ { "state", key.first },
                                   { "label", key.second },
                                   { "events", count.events },
                                   { "last_seen", rfc3339(count.last_ns) } });
    json["updates"] = Json();
    if (now.updates)
        json["updates"] = { { "sequence", now.updates->sequence }, { "taken", now.updates->taken },
                            { "returned", now.updates->returned }, { "refused", Json(now.updates->refused) },
                            { "on_trial", now.updates->on_trial }, { "last", now.updates->last } };
    json["hub"] = Json();
    if (now.hub)
        json["hub"] = { { "name", now.hub->name }, { "connected", now.hub->is_connected }, { "acknowledged", now.hub->acknowledged },
                        { "waiting", now.hub->waiting }, { "lost", now.hub->lost }, { "reconnects", now.hub->reconnects } };
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace prunedamr::receiver
