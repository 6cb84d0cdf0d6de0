// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/workshop/data_flow.h"

#include "apps/common/cli.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/data/dataset_writer.h"
#include "prunedamr/data/frame_stages.h"
#include "prunedamr/base/version.h"

#include <cstdio>
#include <filesystem>

namespace prunedamr::workshop {
namespace {

constexpr const char* kPartNames[] = { "train", "validation", "test" };

/// The frames of `source` to `writer`, under an `InterruptGuard`.
void copy(data::FrameSource& source, data::DatasetWriter& writer, const std::string& path)
{
    Progress progress("data", 1);
    const auto total = static_cast<double>(source.frame_count());
    std::int64_t done = 0;
    data::Dataset piece;
    while (const std::int64_t count = source.read(piece, data::frames_in_piece(source))) {
        writer.append(piece);
        done += count;
        if (total > 0)
            progress.within_step(static_cast<double>(done) / total);
        if (interrupted())
            throw Error({ "stopped, nothing is written", path, "", "" });
    }
}

nlohmann::ordered_json summary_of(const data::Dataset& fields, const DataOutput& output, data::SampleType samples,
                                  bool kept)
{
    return { { "out", output.path },
             { "bytes", std::filesystem::file_size(output.path) },
             { "frames", fields.size() },
             { "samples", to_string(samples) },
             { "front_end", nlohmann::ordered_json(to_json(fields.front_end)) },
             { "classes", fields.class_names },
             { "frames_per_class", frames_per_class(fields) },
             { "split", frames_per_part(fields) },
             { "split_kept", kept } };
}

} // namespace

void add_output_options(CLI::App& verb, DataOutput& output)
{
    verb.add_option("--out", output.path, "FILE.h5 or FILE.safetensors")->required();
    verb.add_option("--validation", output.validation,
                    "share of each class and SNR, by whole groups (default: the split that is there, else 0.1)")
        ->check(CLI::Range(0.0, 1.0));
    verb.add_option("--test", output.test, "the same (default: the split that is there, else 0.2)")
        ->check(CLI::Range(0.0, 1.0));
    verb.add_option("--seed", output.seed, "of everything random")->capture_default_str();
    cli::add_json(verb, output.json, "also write the summary to this file");
}

nlohmann::json provenance_of_inputs(const data::FrameSource& source)
{
    return { { "command", cli::command_line() },
             { "version", kVersion },
             { "inputs", source.header().provenance.value("inputs", nlohmann::json::array()) } };
}

nlohmann::ordered_json write_frames(data::FrameSource& source, const DataOutput& output, bool divide_anew)
{
    data::DatasetWriterOptions options;
    options.samples = output.half ? data::SampleType::float16 : source.samples();
    const bool keep = source.has_split() && !divide_anew && !output.validation && !output.test;
    if (!keep)
        options.split = data::SplitShares{ output.validation.value_or(0.1), output.test.value_or(0.2) };
    options.split_seed = output.seed;
    data::Dataset header = source.header();
    header.provenance = provenance_of_inputs(source);
    const InterruptGuard guard; // before there is a file that an interrupt could leave behind
    data::DatasetWriter writer(output.path, header, options);
    copy(source, writer, output.path);
    const auto summary = summary_of(writer.finish(), output, options.samples, keep);
    std::printf("%s: %lld frames of %d samples, %s, %s\n", output.path.c_str(),
                static_cast<long long>(summary["frames"].get<std::int64_t>()), header.front_end.frame_length,
                to_string(options.samples), size_text(summary["bytes"].get<double>()).c_str());
    std::printf("  split:   %s (%s)\n", list_text(summary["split"]).c_str(), keep ? "as it was" : "new");
    std::printf("  classes: %s\n", list_text(summary["frames_per_class"]).c_str());
    return summary;
}

std::string size_text(double bytes)
{
    char text[32];
    if (bytes >= 1e9)
        std::snprintf(text, sizeof text, "%.1f GB", bytes / 1e9);
    else if (bytes >= 1e6)
        std::snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
    else
        std::snprintf(text, sizeof text, "%.0f bytes", bytes);
    return text;
}

nlohmann::ordered_json frames_per_class(const data::Dataset& fields)
{
    std::vector<std::int64_t> counts(fields.class_names.size(), 0);
    for (const auto label : fields.label)
        ++counts[static_cast<std::size_t>(label)];
    auto object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < counts.size(); ++i)
        object[fields.class_names[i]] = counts[i];
    return object;
}

nlohmann::ordered_json frames_per_part(const data::Dataset& fields)
{
    std::int64_t counts[3] = {};
    for (const auto part : fields.part)
        ++counts[static_cast<int>(part)];
    auto object = nlohmann::ordered_json::object();
    for (int i = 0; i < 3; ++i)
        object[kPartNames[i]] = counts[i];
    return object;
}

std::string list_text(const nlohmann::ordered_json& counts)
{
    std::string text;
    for (const auto& [name, count] : counts.items())
        text += (text.empty() ? "" : ", ") + name + " " + count.dump();
    return text;
}

} // namespace prunedamr::workshop
