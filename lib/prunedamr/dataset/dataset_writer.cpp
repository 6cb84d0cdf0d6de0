// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/dataset_writer.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/dataset/dataset_file.h"

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
            check_shares(*options.split);
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

} // namespace prunedamr::dataset
