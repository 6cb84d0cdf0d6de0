// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/dataset/frame_source.h"

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

/// The own data set file: who writes one, and what its two containers (HDF5, safetensors) have in common.
namespace prunedamr::dataset {

struct DatasetWriterOptions {
    SampleType samples = SampleType::float32;
    std::optional<SplitFractions> split; ///< assigned by `finish`; without it every frame keeps its part
    std::uint64_t split_seed = 1;
};

/// Writes a data set piece by piece: the frames go to the file at once, in memory stay 17 bytes per frame.
/// The file gets its name when it is finished; without that nothing stays.
class DatasetWriter
{
public:
    /// Of `header` front_end, class_names and provenance count. Throws `Error` as `check_dataset_path` does, and
    /// for bad fractions of the split.
    DatasetWriter(const std::string& path, const Dataset& header, const DatasetWriterOptions& options);
    ~DatasetWriter();
    DatasetWriter(const DatasetWriter&) = delete;
    DatasetWriter& operator=(const DatasetWriter&) = delete;

    /// The per-frame fields of `piece`; its labels index the header's classes. Throws `Error` naming the first bad
    /// frame, or one whose samples do not fit into float16; the writer cannot be used after that.
    void append(const Dataset& piece);

    /// Returns the header and all per-frame fields as they were written, without the frames.
    const Dataset& finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct WriteOptions {
    std::string path;                       ///< NAME.h5 or NAME.safetensors
    bool half = false;                      ///< float16 even if the source has float32
    std::optional<double> validation, test; ///< fractions of a new split, 0..1; by default 0.1 and 0.2
    bool new_split = false;                 ///< a new split although the source has one
    std::uint64_t seed = 1;                 ///< random seed of the split
    std::string command;                    ///< that makes the data set, for its provenance
};

/// Writes all frames of `source` to a data set, a piece in memory at a time, with a progress bar. The split is that
/// of the source, unless it has none, fractions were given, or `new_split`. Returns {"out", "bytes", "frames",
/// "samples", "front_end", "classes", "frames_per_class", "split": {part: frames}, "split_kept"}. Throws `Error`;
/// then, and after SIGINT, nothing is written.
nlohmann::ordered_json write_frames(dataset::FrameSource& source, const WriteOptions& options);

// Inside of the file, for the containers

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
