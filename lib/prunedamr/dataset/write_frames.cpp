// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/write_frames.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/base/version.h"
#include "prunedamr/dataset/contents.h"
#include "prunedamr/dataset/dataset_writer.h"
#include "prunedamr/dataset/transforms.h"
#include "prunedamr/dsp/front_end_spec_json.h"

#include <filesystem>

namespace prunedamr::dataset {
namespace {

/// The frames of `source` to `writer`, under an `InterruptGuard`.
void copy(dataset::FrameSource& source, dataset::DatasetWriter& writer, const std::string& path)
{
    Progress progress("data", 1);
    const auto total = static_cast<double>(source.frame_count());
    std::int64_t done = 0;
    dataset::Dataset piece;
    while (const std::int64_t count = source.read(piece, dataset::frames_in_piece(source))) {
        writer.append(piece);
        done += count;
        if (total > 0)
            progress.within_step(static_cast<double>(done) / total);
        if (interrupted())
            throw Error({ "stopped, nothing is written", path, "", "" });
    }
}

} // namespace

nlohmann::ordered_json write_frames(dataset::FrameSource& source, const WriteOptions& options)
{
    dataset::DatasetWriterOptions writing;
    writing.samples = options.half ? dataset::SampleType::float16 : source.samples();
    const bool keep = source.has_split() && !options.divide_anew && !options.validation && !options.test;
    if (!keep)
        writing.split = dataset::SplitShares{ options.validation.value_or(0.1), options.test.value_or(0.2) };
    writing.split_seed = options.seed;
    dataset::Dataset header = source.header();
    const auto before = nlohmann::json::parse(header.provenance);
    header.provenance = nlohmann::json{
        { "command", options.command },
        { "version", kVersion },
        { "inputs", before.value("inputs", nlohmann::json::array()) }
    }.dump();
    const InterruptGuard guard; // before there is a file that an interrupt could leave behind
    dataset::DatasetWriter writer(options.path, header, writing);
    copy(source, writer, options.path);
    const dataset::Dataset& fields = writer.finish();
    return { { "out", options.path },
             { "bytes", std::filesystem::file_size(options.path) },
             { "frames", fields.size() },
             { "samples", to_string(writing.samples) },
             { "front_end", nlohmann::ordered_json(to_json(fields.front_end)) },
             { "classes", fields.class_names },
             { "frames_per_class", frames_per_class(fields) },
             { "split", frames_per_part(fields) },
             { "split_kept", keep } };
}

} // namespace prunedamr::dataset
