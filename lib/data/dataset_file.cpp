// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/dataset_file.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"

#include <filesystem>

namespace prunedamr::data {
namespace {

enum class Container { safetensors, hdf5 };

Container container_of(const std::string& path)
{
    const std::string extension = std::filesystem::path(path).extension().string();
    if (extension == ".safetensors")
        return Container::safetensors;
    if (extension != ".h5" && extension != ".hdf5")
        throw Error({ "unknown data set format", path, extension.empty() ? "no extension" : extension,
                      ".h5, .hdf5 or .safetensors" });
#ifndef PRUNEDAMR_HAVE_HDF5
    throw Error({ "this build reads and writes no HDF5", path, extension, ".safetensors" });
#endif
    return Container::hdf5;
}

nlohmann::json parse_entry(const std::map<std::string, std::string>& metadata, const std::string& key,
                           const std::string& where)
{
    const auto entry = metadata.find(key);
    if (entry == metadata.end())
        throw Error({ "not a data set: missing '" + key + "'", where, "", "" });
    auto json = nlohmann::json::parse(entry->second, nullptr, false);
    if (json.is_discarded())
        throw Error({ "'" + key + "' is not JSON", where, entry->second.substr(0, 60), "JSON text" });
    return json;
}

} // namespace

std::map<std::string, std::string> pack_metadata(const Dataset& dataset)
{
    return { { "class_names", nlohmann::json(dataset.class_names).dump() },
             { "front_end", to_json(dataset.front_end).dump() },
             { "provenance", dataset.provenance.dump() } };
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
    dataset.provenance = parse_entry(metadata, "provenance", where);
    if (!dataset.provenance.is_object())
        throw Error({ "'provenance' has the wrong type", where, dataset.provenance.type_name(), "object" });
}

void check_dataset_path(const std::string& path)
{
    container_of(path);
    check_writable(path);
}

Dataset read_dataset(const std::string& path)
{
    if (!std::filesystem::exists(path))
        throw Error({ "no such file", path, "", "" });
    if (std::filesystem::is_directory(path))
        throw Error({ "cannot read", path, "a folder", "a data set file" });
#ifdef PRUNEDAMR_HAVE_HDF5
    if (container_of(path) == Container::hdf5) {
        Dataset dataset = read_hdf5_dataset(path);
        validate(dataset, path);
        return dataset;
    }
#else
    container_of(path);
#endif
    Dataset dataset = read_safetensors_dataset(path);
    validate(dataset, path);
    return dataset;
}

void write_dataset(const Dataset& dataset, const std::string& path)
{
    validate(dataset, path);
#ifdef PRUNEDAMR_HAVE_HDF5
    if (container_of(path) == Container::hdf5)
        return write_hdf5_dataset(dataset, path);
#else
    container_of(path);
#endif
    write_safetensors_dataset(dataset, path);
}

} // namespace prunedamr::data
