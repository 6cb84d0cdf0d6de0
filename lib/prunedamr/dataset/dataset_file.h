// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/dataset/frame_source.h"

#include <map>
#include <memory>
#include <string>

/// Inside of the own data set file: its two containers behind one face.
namespace prunedamr::dataset {

/// The checks of `validate`, one by one: classes and frame length; the per-frame fields of a piece whose first
/// frame is number `first` of the whole; its samples.
void check_header(const Dataset& header, const std::string& where);
void check_fields(const Dataset& header, const Dataset& piece, std::int64_t first, const std::string& where);
void check_frames(const Dataset& header, const Dataset& piece, std::int64_t first, const std::string& where);

/// Throws `Error` unless both are at least 0 and their sum is below 1.
void check_fractions(const SplitFractions& fractions);

/// The part of a data set that both containers hold as JSON text: class_names, front_end, provenance.
std::map<std::string, std::string> pack_metadata(const Dataset& dataset);

/// Throws `Error` naming `where` and the key that is missing or malformed.
void unpack_metadata(const std::map<std::string, std::string>& metadata, const std::string& where,
                     Dataset& dataset);

/// An open file: everything but the frames is in memory, any range of those can be read.
class DatasetReader
{
public:
    virtual ~DatasetReader() = default;

    Dataset fields; ///< `frames` is empty
    SampleType samples = SampleType::float32;

    /// Frames first..first+count-1, all of which exist, as [count, 2, L] float32. Throws `Error` for damaged data.
    virtual void read_frames(std::int64_t first, std::int64_t count, float* frames) = 0;
};

std::unique_ptr<DatasetReader> open_safetensors_dataset(const std::string& path);
std::unique_ptr<DatasetReader> open_hdf5_dataset(const std::string& path);

std::unique_ptr<FrameSource> dataset_source(std::unique_ptr<DatasetReader> stored, const std::string& path);

/// A file under construction. `path` is the name that messages give it.
class DatasetBackend
{
public:
    virtual ~DatasetBackend() = default;
    virtual void append(const float* frames, std::int64_t count) = 0; ///< [count, 2, L] float32
    virtual void finish(const Dataset& fields) = 0;                   ///< the rest; closes the file
};

std::unique_ptr<DatasetBackend> create_safetensors_dataset(const std::string& temporary, const Dataset& header,
                                                           SampleType samples, const std::string& path);
std::unique_ptr<DatasetBackend> create_hdf5_dataset(const std::string& temporary, const Dataset& header,
                                                    SampleType samples, const std::string& path);

/// The container that the extension asks for.
std::unique_ptr<DatasetBackend> create_dataset(const std::string& temporary, const Dataset& header,
                                               SampleType samples, const std::string& path);

/// float32 to the bits of float16. Throws `Error` naming the frame, counted from `first`, whose sample is too
/// large.
void pack_half(const float* frames, std::int64_t count, std::int64_t length, std::int64_t first,
               const std::string& where, std::uint16_t* out);

/// Throws `Error` when data that need `needed_bytes` in memory do not fit into `available_bytes`.
void require_memory(double needed_bytes, double available_bytes, const std::string& path);

/// What this process may still use: what the machine has free, within the limits of its control group.
double available_memory_bytes();

/// The rows of the table of forms.
DatasetFormat safetensors_dataset_form();
DatasetFormat hdf5_dataset_form();

} // namespace prunedamr::dataset
