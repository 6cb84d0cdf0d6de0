// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/dsp/front_end_spec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::dataset {

enum class Split : std::uint8_t { train = 0, validation = 1, test = 2 };

/// Labeled frames in memory. All per-frame vectors have the same length N.
struct PRUNEDAMR_API Dataset {
    FrontEndSpec front_end; ///< how the frames were made; front_end.frame_length = L
    std::vector<std::string> class_names;
    std::vector<float> frames;       ///< [N, 2, L] float32, I then Q
    std::vector<std::int32_t> label; ///< index into class_names
    std::vector<float> snr_db;       ///< NaN where it is not known
    std::vector<std::int64_t>
        group;              ///< frames of one burst or chain share it and never fall on both sides of a split
    std::vector<Split> part; ///< the split, stored so that every tool uses the same one
    std::string provenance = "{}"; ///< JSON object: how it was made, as files, recipes, seeds

    std::int64_t size() const { return static_cast<std::int64_t>(label.size()); }
    std::int64_t length() const { return front_end.frame_length; }
    const float* frame(std::int64_t i) const { return frames.data() + i * 2 * length(); }
    std::vector<std::int64_t> indices(Split which) const;
};

/// Checks lengths, label range, finite frames. Throws `Error` with `where`.
PRUNEDAMR_API void validate(const Dataset& dataset, const std::string& where);

/// The SNR of a frame's cell, to the nearest even dB; nothing where it is not known. Frames of one class and one
/// such SNR are a cell: what splits and selections divide.
PRUNEDAMR_API std::optional<int> cell_snr_db(float snr_db);

struct SplitFractions {
    double validation = 0.1; ///< 0..1
    double test = 0.2;       ///< validation + test < 1
};

/// Assigns `part` cell by cell, whole groups at a time, from the seed; the frames themselves are not looked at and
/// may be absent. Throws `Error` for bad fractions.
PRUNEDAMR_API void assign_split(Dataset& dataset, const SplitFractions& fractions, std::uint64_t seed);

/// Whether `path` names a data set that could be written, before the frames are made: throws `Error` for an unknown
/// extension or a folder that is missing or not writable.
PRUNEDAMR_API void check_dataset_path(const std::string& path);

/// How a file stores samples; in memory they are float32. float16 halves the file and costs 66 dB below each
/// sample.
enum class SampleType { float32, float16 };

PRUNEDAMR_API const char* to_string(SampleType type);

/// By extension: .h5 / .hdf5 (where built with HDF5) or .safetensors; both hold the same fields under the same
/// names (frames, label, snr_db, group, part; class_names, front_end, provenance as attributes or metadata).
/// Reading validates, and refuses what the machine's free memory does not hold (`FrameSource` reads that in
/// pieces); writing is atomic. Throws `Error`.
PRUNEDAMR_API Dataset read_dataset(const std::string& path);
PRUNEDAMR_API void write_dataset(const Dataset& dataset, const std::string& path,
                                 SampleType samples = SampleType::float32);

/// The frames of the named classes only, split and order as they were, classes in the data set's order; the
/// provenance tells the names under "classes". Throws `Error` for a class that the data set does not have, or one
/// named twice.
PRUNEDAMR_API Dataset select_classes(const Dataset& dataset, const std::vector<std::string>& names);

} // namespace prunedamr::dataset
