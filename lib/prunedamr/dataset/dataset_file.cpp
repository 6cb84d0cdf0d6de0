// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/dataset_file.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/half.h"
#include "prunedamr/dataset/dataset_writer.h"
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

} // namespace prunedamr::dataset
