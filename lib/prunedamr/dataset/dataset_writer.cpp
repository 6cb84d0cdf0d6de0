// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/dataset_writer.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/base/version.h"
#include "prunedamr/dataset/contents.h"
#include "prunedamr/dataset/dataset_file.h"
#include "prunedamr/dataset/transforms.h"
#include "prunedamr/dsp/front_end_spec_json.h"

#include <filesystem>

namespace prunedamr::dataset {
namespace {

template <typename T> void append_to(std::vector<T>& all, const std::vector<T>& piece)
{
    all.insert(all.end(), piece.begin(), piece.end());
}

Dataset header_of(const Dataset& dataset)
{
    Dataset header;
    header.front_end = dataset.front_end;
    header.class_names = dataset.class_names;
    header.provenance = dataset.provenance;
    return header;
}

} // namespace

struct DatasetWriter::Impl {
    Impl(const std::string& name, const Dataset& header, const DatasetWriterOptions& how)
        : path(name), options(how), fields(header_of(header)), file(name)
    {
        check_header(fields, path);
        if (options.split)
            check_fractions(*options.split);
        sink = create_dataset(file.temporary(), fields, options.samples, path);
    }

    std::string path;
    DatasetWriterOptions options;
    Dataset fields;
    AtomicFile file;
    std::unique_ptr<DatasetBackend> sink; // closed before `file` removes what is not finished
};

DatasetWriter::DatasetWriter(const std::string& path, const Dataset& header, const DatasetWriterOptions& options)
{
    check_dataset_path(path);
    impl_ = std::make_unique<Impl>(path, header, options);
}

DatasetWriter::~DatasetWriter() = default;

void DatasetWriter::append(const Dataset& piece)
{
    Dataset& fields = impl_->fields;
    check_fields(fields, piece, fields.size(), impl_->path);
    check_frames(fields, piece, fields.size(), impl_->path);
    impl_->sink->append(piece.frames.data(), piece.size());
    append_to(fields.label, piece.label);
    append_to(fields.snr_db, piece.snr_db);
    append_to(fields.group, piece.group);
    append_to(fields.part, piece.part);
}

const Dataset& DatasetWriter::finish()
{
    Dataset& fields = impl_->fields;
    if (impl_->options.split)
        assign_split(fields, *impl_->options.split, impl_->options.split_seed);
    impl_->sink->finish(fields);
    impl_->sink.reset();
    impl_->file.commit();
    return fields;
}

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
    const bool keep = source.has_split() && !options.new_split && !options.validation && !options.test;
    if (!keep)
        writing.split = dataset::SplitFractions{ options.validation.value_or(0.1), options.test.value_or(0.2) };
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
