// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/capture_info.h"

#include "apps/common/cli.h"

#include "prunedamr/base/time.h"

#include <cstdio>
#include <map>

namespace prunedamr::tool {
namespace {

constexpr std::size_t kRowsShown = 12; // of annotations and captures

template <typename T> nlohmann::json or_null(const std::optional<T>& value)
{
    return value ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json time_json(const std::optional<std::int64_t>& time_ns)
{
    return time_ns ? nlohmann::json(rfc3339(*time_ns)) : nlohmann::json();
}

nlohmann::json captures_json(const recording::RecordingInfo& info)
{
    auto list = nlohmann::json::array();
    for (const auto& capture : info.captures)
        list.push_back({ { "sample_start", capture.sample_start },
                         { "center_freq_hz", or_null(capture.center_freq_hz) },
                         { "time", time_json(capture.time_ns) } });
    return list;
}

nlohmann::json annotations_json(const recording::RecordingInfo& info)
{
    auto list = nlohmann::json::array();
    for (const auto& note : info.annotations)
        list.push_back({ { "sample_start", note.sample_start },
                         { "sample_count", note.sample_count },
                         { "label", note.label },
                         { "freq_lower_hz", or_null(note.freq_lower_hz) },
                         { "freq_upper_hz", or_null(note.freq_upper_hz) },
                         { "comment", note.comment } });
    return list;
}

void print_annotations(const recording::RecordingInfo& info)
{
    std::map<std::string, int> labels;
    for (const auto& note : info.annotations)
        ++labels[note.label.empty() ? "(no label)" : note.label];
    std::printf("  annotations: %zu", info.annotations.size());
    for (const auto& [label, count] : labels)
        std::printf("%s%s %d", label == labels.begin()->first ? ": " : ", ", label.c_str(), count);
    std::printf("\n");
    for (std::size_t i = 0; i < info.annotations.size() && i < kRowsShown; ++i) {
        const auto& note = info.annotations[i];
        std::printf("    %10.4f s  %8.4f s  %-12s", static_cast<double>(note.sample_start) / info.sample_rate_hz,
                    static_cast<double>(note.sample_count) / info.sample_rate_hz, note.label.c_str());
        if (note.freq_lower_hz && note.freq_upper_hz)
            std::printf(" %.0f..%.0f Hz", *note.freq_lower_hz, *note.freq_upper_hz);
        std::printf(" %s\n", note.comment.c_str());
    }
    if (info.annotations.size() > kRowsShown)
        std::printf("    ... (all of them with --json)\n");
}

} // namespace

nlohmann::json show_capture(const std::string& path, const recording::RawOptions& raw)
{
    const recording::Recording recording(path, raw);
    const auto& info = recording.info();
    const double seconds = static_cast<double>(info.sample_count) / info.sample_rate_hz;
    std::printf("%s: capture, %s\n", path.c_str(), to_string(info.format));
    std::printf("  samples:     %llu at %.10g Hz, %.4g s\n", static_cast<unsigned long long>(info.sample_count),
                info.sample_rate_hz, seconds);
    std::printf("  center:      %.12g Hz%s\n", info.center_freq_hz,
                info.center_freq_hz == 0.0 ? " (not known)" : "");
    if (info.time_ns)
        std::printf("  time:        %s\n", rfc3339(*info.time_ns).c_str());
    if (!info.description.empty())
        std::printf("  description: %s\n", info.description.c_str());
    if (info.captures.size() > 1)
        std::printf("  captures:    %zu\n", info.captures.size());
    print_annotations(info);
    for (const auto& warning : info.warnings)
        std::printf("  warning:     %s\n", warning.c_str());
    return { { "file", path },
             { "form", "capture" },
             { "format", to_string(info.format) },
             { "sample_rate_hz", info.sample_rate_hz },
             { "center_freq_hz", info.center_freq_hz },
             { "samples", info.sample_count },
             { "time", time_json(info.time_ns) },
             { "description", info.description },
             { "captures", captures_json(info) },
             { "annotations", annotations_json(info) },
             { "warnings", info.warnings } };
}

void add_raw_options(CLI::App& command, recording::RawOptions& raw)
{
    command.add_option_function<std::string>(
        "--format", [&raw](const std::string& name) { raw.format = recording::sample_format(name); },
        "samples of a raw capture: cu8, ci8, ci16_le, cf32_le, ...")
        ->type_name("FORMAT");
    command
        .add_option_function<std::string>(
            "--rate", [&raw](const std::string& text) { raw.sample_rate_hz = cli::quantity("--rate", text); },
            "sample rate of a raw capture [Hz]")
        ->type_name(cli::kQuantity);
}

} // namespace prunedamr::tool
