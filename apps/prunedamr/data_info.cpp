// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/capture_info.h"
#include "apps/prunedamr/data_flow.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/dataset/contents.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/formats/open_frame_source.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace prunedamr::tool {
namespace {

constexpr std::size_t kProvenanceShown = 400; // characters

struct Options {
    std::string file;
    recording::RawOptions raw;
    bool no_levels = false;
    std::string json;
};

nlohmann::json levels_json(const std::optional<dataset::Levels>& levels)
{
    if (!levels)
        return {};
    return { { "min_rms", levels->min_rms },
             { "largest_rms", levels->max_rms },
             { "peak", levels->peak },
             { "silent_frames", levels->silent_frames } };
}

std::string front_end_text(const FrontEndSpec& spec)
{
    std::string text = to_string(spec.kind);
    if (spec.kind == FrontEndSpec::Kind::auto_band)
        text += fmt::format(" (blocks of {}, band fills {:g})", spec.block_length, spec.occupied_fraction);
    return text + ", " + to_string(spec.scale);
}

void print(const nlohmann::ordered_json& info, const dataset::Dataset& fields)
{
    std::printf("%s: %s, %s, %s\n", info["file"].get<std::string>().c_str(),
                info["form"].get<std::string>().c_str(), info["samples"].get<std::string>().c_str(),
                size_text(info["bytes"].get<double>()).c_str());
    std::printf("  frames:     %lld of %lld samples in %s groups\n", static_cast<long long>(fields.size()),
                static_cast<long long>(fields.length()), info["groups"]["count"].dump().c_str());
    std::printf("  front end:  %s\n", front_end_text(fields.front_end).c_str());
    std::printf("  split:      %s\n", info["split"].is_null() ? "none" : list_text(info["split"]).c_str());
    if (info["groups"]["in_several_parts"] != 0)
        std::printf("  warning:    %s groups have frames in more than one part of the split\n",
                    info["groups"]["in_several_parts"].dump().c_str());
    if (const auto& levels = info["levels"]; !levels.is_null())
        std::printf("  levels:     rms %.4g..%.4g, peak %.4g, %s silent frames\n", levels["min_rms"].get<double>(),
                    levels["largest_rms"].get<double>(), levels["peak"].get<double>(),
                    levels["silent_frames"].dump().c_str());
    const std::string provenance = info["provenance"].dump();
    std::printf("  provenance: %s%s\n", provenance.substr(0, kProvenanceShown).c_str(),
                provenance.size() > kProvenanceShown ? "... (all of it with --json)" : "");
    std::fputs(dataset::snr_table(fields).c_str(), stdout);
}

nlohmann::ordered_json show_frames(const Options& options)
{
    const std::string form = formats::dataset_format(options.file);
    const auto source = formats::open_frame_source(options.file);
    const auto [fields, levels] = dataset::read_contents(*source, !options.no_levels);
    const dataset::GroupCounts groups = dataset::count_groups(fields);
    const nlohmann::ordered_json info = {
        { "file", options.file },
        { "form", form },
        { "bytes", std::filesystem::file_size(options.file) },
        { "samples", to_string(source->samples()) },
        { "frames", fields.size() },
        { "classes", fields.class_names },
        { "frames_per_class", dataset::frames_per_class(fields) },
        { "cells", dataset::cells_json(fields) },
        { "front_end", to_json(fields.front_end) },
        { "groups", { { "count", groups.count }, { "in_several_parts", groups.in_several_parts } } },
        { "split", source->has_split() ? dataset::frames_per_part(fields) : nlohmann::ordered_json() },
        { "levels", levels_json(levels) },
        { "provenance", nlohmann::ordered_json::parse(fields.provenance) }
    };
    print(info, fields);
    return info;
}

void run(const Options& options)
{
    const bool capture = options.raw.format || recording::is_recording(options.file);
    const nlohmann::ordered_json info =
        capture ? nlohmann::ordered_json(show_capture(options.file, options.raw)) : show_frames(options);
    cli::write_json(info, options.json);
}

} // namespace

void add_data_info(CLI::App& data)
{
    auto options = std::make_shared<Options>();
    auto* command = data.add_subcommand("info", "what a file holds: a data set of any form, or a capture");
    command->add_option("file", options->file, "a data set, or a capture")->type_name(cli::kInput)->required();
    add_raw_options(*command, options->raw);
    command->add_flag("--no-levels", options->no_levels, "do not read the frames, only their labels");
    cli::add_json(*command, options->json, "also write it to this file");
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
