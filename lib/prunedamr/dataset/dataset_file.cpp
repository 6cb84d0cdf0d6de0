// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/dataset_file.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/half.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/base/version.h"
#include "prunedamr/dataset/contents.h"
#include "prunedamr/dataset/transforms.h"
#include "prunedamr/dsp/front_end_spec_json.h"

#include <cerrno>
#include <cmath>
#include <filesystem>

namespace prunedamr::dataset {
namespace {

constexpr int kMaxDepth = 1000; // recursion on JSON stays shallow; each conversion adds three levels of provenance

enum class Container { safetensors, hdf5 };

Container container_of(const std::string& path, const char* others = "")
{
    const std::string extension = std::filesystem::path(path).extension().string();
    if (extension == ".safetensors")
        return Container::safetensors;
    if (extension != ".h5" && extension != ".hdf5")
        throw Error({ "unknown data set format", path, extension.empty() ? "no extension" : extension,
                      std::string(".h5, .hdf5 or .safetensors") + others });
#ifndef PRUNEDAMR_HAVE_HDF5
    throw Error({ "this build reads and writes no HDF5", path, extension, ".safetensors" });
#endif
    return Container::hdf5;
}

std::unique_ptr<DatasetReader> open_dataset(const std::string& path)
{
    [[maybe_unused]] const Container container =
        container_of(path, "; `prunedamr data import` makes one of files of other forms");
#ifdef PRUNEDAMR_HAVE_HDF5
    if (container == Container::hdf5)
        return open_hdf5_dataset(path);
#endif
    return open_safetensors_dataset(path);
}

nlohmann::json parse_entry(const std::map<std::string, std::string>& metadata, const std::string& key,
                           const std::string& where)
{
    const auto entry = metadata.find(key);
    if (entry == metadata.end())
        throw Error({ "not a data set: missing '" + key + "'", where, "", "" });
    const auto bounded = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        if (depth > kMaxDepth)
            throw Error({ "'" + key + "' is nested too deeply", where, "",
                          "at most " + std::to_string(kMaxDepth) + " levels" });
        return true;
    };
    auto json = nlohmann::json::parse(entry->second, bounded, false);
    if (json.is_discarded())
        throw Error({ "'" + key + "' is not JSON", where, entry->second.substr(0, 60), "JSON text" });
    return json;
}

} // namespace

std::map<std::string, std::string> pack_metadata(const Dataset& dataset)
{
    return { { "class_names", nlohmann::json(dataset.class_names).dump() },
             { "front_end", to_json(dataset.front_end).dump() },
             { "provenance", dataset.provenance } };
}

void unpack_metadata(const std::map<std::string, std::string>& metadata, const std::string& where, Dataset& dataset)
{
    const auto names = parse_entry(metadata, "class_names", where);
    if (!names.is_array())
        throw Error({ "'class_names' has the wrong type", where, names.type_name(), "array of strings" });
    for (const auto& name : names) {
        if (!name.is_string())
            throw Error({ "'class_names' holds something else", where, name.type_name(), "string" });
        dataset.class_names.push_back(name.get<std::string>());
    }
    dataset.front_end = front_end_from_json(parse_entry(metadata, "front_end", where), where);
    const auto provenance = parse_entry(metadata, "provenance", where);
    if (!provenance.is_object())
        throw Error({ "'provenance' has the wrong type", where, provenance.type_name(), "object" });
    dataset.provenance = provenance.dump();
}

std::unique_ptr<DatasetBackend> create_dataset(const std::string& temporary, const Dataset& header,
                                               SampleType samples, const std::string& path)
{
#ifdef PRUNEDAMR_HAVE_HDF5
    if (container_of(path) == Container::hdf5)
        return create_hdf5_dataset(temporary, header, samples, path);
#else
    container_of(path);
#endif
    return create_safetensors_dataset(temporary, header, samples, path);
}

void pack_half(const float* frames, std::int64_t count, std::int64_t length, std::int64_t first,
               const std::string& where, std::uint16_t* out)
{
    const auto floats = static_cast<std::size_t>(count * 2 * length);
    to_half(frames, floats, out);
    bool infinite = false;
    for (std::size_t i = 0; i < floats; ++i)
        infinite |= (out[i] & 0x7fff) == 0x7c00;
    for (std::size_t i = 0; infinite && i < floats; ++i)
        if ((out[i] & 0x7fff) == 0x7c00)
            throw Error({ "frame " + std::to_string(first + static_cast<std::int64_t>(i) / (2 * length)) +
                              " does not fit into float16",
                          where, std::to_string(frames[i]), "at most 65504; normalized frames, or float32" });
}

void check_dataset_path(const std::string& path)
{
    container_of(path);
    check_writable(path);
}

Dataset read_dataset(const std::string& path)
{
    if (!std::filesystem::exists(path))
        throw SystemError({ "no such file", path, "", "" }, ENOENT);
    if (std::filesystem::is_directory(path))
        throw SystemError({ "cannot read", path, "a folder", "a data set file" }, EISDIR);
    const auto stored = open_dataset(path);
    Dataset dataset = std::move(stored->fields);
    const std::int64_t floats = 2 * dataset.length();
    require_memory(4.0 * static_cast<double>(floats) * static_cast<double>(dataset.size()),
                   available_memory_bytes(), path);
    dataset.frames.resize(static_cast<std::size_t>(dataset.size() * floats));
    stored->read_frames(0, dataset.size(), dataset.frames.data());
    check_frames(dataset, dataset, 0, path);
    return dataset;
}

void write_dataset(const Dataset& dataset, const std::string& path, SampleType samples)
{
    validate(dataset, path);
    DatasetWriterOptions options;
    options.samples = samples;
    DatasetWriter writer(path, dataset, options);
    writer.append(dataset);
    writer.finish();
}

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
