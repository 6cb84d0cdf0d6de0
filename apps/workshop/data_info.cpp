// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/workshop/capture_info.h"
#include "apps/workshop/capture_source.h"
#include "apps/common/cli.h"
#include "apps/workshop/data_flow.h"
#include "apps/workshop/data_verbs.h"
#include "apps/workshop/snr_table.h"

#include "prunedamr/data/frame_stages.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>

namespace prunedamr::workshop {
namespace {

constexpr std::size_t kProvenanceShown = 400; // characters

struct Options {
    std::string file;
    data::RawOptions raw;
    bool no_levels = false;
    std::string json;
};

/// How strong frames are.
struct Levels {
    double least_rms = std::numeric_limits<double>::infinity();
    double largest_rms = 0.0;
    double peak = 0.0; ///< largest |I| or |Q|
    std::int64_t silent = 0;

    void add(const float* frame, std::int64_t length)
    {
        double power = 0.0;
        for (std::int64_t k = 0; k < 2 * length; ++k) {
            power += static_cast<double>(frame[k]) * frame[k] / static_cast<double>(length);
            peak = std::max(peak, static_cast<double>(std::abs(frame[k])));
        }
        silent += power == 0.0;
        largest_rms = std::max(largest_rms, std::sqrt(power));
        if (power > 0.0)
            least_rms = std::min(least_rms, std::sqrt(power));
    }

    nlohmann::json report() const
    {
        return { { "least_rms", std::min(least_rms, largest_rms) },
                 { "largest_rms", largest_rms },
                 { "peak", peak },
                 { "silent_frames", silent } };
    }
};

template <typename T> void append(std::vector<T>& all, const std::vector<T>& piece)
{
    all.insert(all.end(), piece.begin(), piece.end());
}

/// All per-frame fields of the source; the levels of its frames if wanted.
data::Dataset read_through(data::FrameSource& source, Levels* levels)
{
    data::Dataset fields = source.header(), piece;
    const auto most = data::frames_in_piece(source);
    while ((levels ? source.read(piece, most) : source.read_fields(piece, most)) > 0) {
        for (std::int64_t i = 0; levels && i < piece.size(); ++i)
            levels->add(piece.frames.data() + i * 2 * fields.length(), fields.length());
        append(fields.label, piece.label);
        append(fields.snr_db, piece.snr_db);
        append(fields.group, piece.group);
        append(fields.part, piece.part);
    }
    return fields;
}

/// How many groups there are, and how many of them lie in more than one part.
nlohmann::json groups_of(const data::Dataset& fields)
{
    std::vector<std::pair<std::int64_t, data::Part>> pairs;
    for (std::size_t i = 0; i < fields.group.size(); ++i)
        pairs.emplace_back(fields.group[i], fields.part[i]);
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    std::int64_t groups = 0, divided = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const bool again = i > 0 && pairs[i].first == pairs[i - 1].first;
        groups += !again;
        divided += again && (i < 2 || pairs[i].first != pairs[i - 2].first);
    }
    return { { "count", groups }, { "in_several_parts", divided } };
}

std::string front_end_text(const FrontEndSpec& spec)
{
    std::string text = to_string(spec.kind);
    if (spec.kind == FrontEndSpec::Kind::auto_band) {
        char more[80];
        std::snprintf(more, sizeof more, " (blocks of %d, band fills %g)", spec.block_length, spec.occupied_share);
        text += more;
    }
    return text + ", " + to_string(spec.scale);
}

void print(const nlohmann::ordered_json& info, const data::Dataset& fields)
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
        std::printf("  levels:     rms %.4g..%.4g, peak %.4g, %s silent frames\n",
                    levels["least_rms"].get<double>(), levels["largest_rms"].get<double>(),
                    levels["peak"].get<double>(), levels["silent_frames"].dump().c_str());
    const std::string provenance = info["provenance"].dump();
    std::printf("  provenance: %s%s\n", provenance.substr(0, kProvenanceShown).c_str(),
                provenance.size() > kProvenanceShown ? "... (all of it with --json)" : "");
    std::fputs(snr_table(fields).c_str(), stdout);
}

nlohmann::ordered_json show_frames(const Options& options)
{
    const std::string form = data::frame_source_form(options.file);
    const auto source = data::open_frame_source(options.file);
    Levels levels;
    const data::Dataset fields = read_through(*source, options.no_levels ? nullptr : &levels);
    const nlohmann::ordered_json info = {
        { "file", options.file },
        { "form", form },
        { "bytes", std::filesystem::file_size(options.file) },
        { "samples", to_string(source->samples()) },
        { "frames", fields.size() },
        { "classes", fields.class_names },
        { "frames_per_class", frames_per_class(fields) },
        { "cells", cells_json(fields) },
        { "front_end", to_json(fields.front_end) },
        { "groups", groups_of(fields) },
        { "split", source->has_split() ? frames_per_part(fields) : nlohmann::ordered_json() },
        { "levels", options.no_levels || fields.size() == 0 ? nlohmann::json() : levels.report() },
        { "provenance", fields.provenance }
    };
    print(info, fields);
    return info;
}

void run(const Options& options)
{
    const bool capture = is_capture(options.file) || options.raw.format;
    const nlohmann::ordered_json info =
        capture ? nlohmann::ordered_json(show_capture(options.file, options.raw)) : show_frames(options);
    cli::write_json(info, options.json);
}

} // namespace

void add_data_info(CLI::App& data)
{
    auto options = std::make_shared<Options>();
    auto* verb = data.add_subcommand("info", "what a file holds: a data set of any form, or a capture");
    verb->add_option("file", options->file, "a data set, or a capture")->required();
    add_raw_options(*verb, options->raw);
    verb->add_flag("--no-levels", options->no_levels, "do not read the frames, only their labels");
    cli::add_json(*verb, options->json, "also write it to this file");
    verb->callback([options] { run(*options); });
}

} // namespace prunedamr::workshop
