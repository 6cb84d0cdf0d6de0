// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/front_end_spec.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::data {

enum class Part : std::uint8_t { train = 0, validation = 1, test = 2 };

/// Labelled frames in memory. All per-frame vectors have the same length N.
struct Dataset {
    FrontEndSpec front_end; ///< how the frames were made; front_end.frame_length = L
    std::vector<std::string> class_names;
    std::vector<float> frames;       ///< [N, 2, L] float32, I then Q
    std::vector<std::int32_t> label; ///< index into class_names
    std::vector<float> snr_db;       ///< NaN where it is not known
    std::vector<std::int64_t>
        group;              ///< frames of one burst or chain share it and never fall on both sides of a split
    std::vector<Part> part; ///< the split, stored so that every tool uses the same one
    nlohmann::json provenance = nlohmann::json::object();

    std::int64_t size() const { return static_cast<std::int64_t>(label.size()); }
    std::int64_t length() const { return front_end.frame_length; }
    const float* frame(std::int64_t i) const { return frames.data() + i * 2 * length(); }
    std::vector<std::int64_t> indices(Part which) const;
};

/// Checks lengths, label range, finite frames. Throws `Error` with `where`.
void validate(const Dataset& dataset, const std::string& where);

struct SplitShares {
    double validation = 0.1; ///< 0..1
    double test = 0.2;       ///< validation + test < 1
};

/// Assigns `part` cell by cell (class, SNR rounded to 2 dB), whole groups at a time, from the seed.
void assign_split(Dataset& dataset, const SplitShares& shares, std::uint64_t seed);

/// By extension: .h5 / .hdf5 (where built with HDF5) or .safetensors; both hold the same fields under the same
/// names (frames, label, snr_db, group, part; class_names, front_end, provenance as attributes or metadata).
/// Reading validates; writing is atomic. Throws `Error`.
/// Whether `path` names a data set that could be written, before the frames are made: throws `Error` for an unknown
/// extension or a folder that is missing or not writable.
void check_dataset_path(const std::string& path);
Dataset read_dataset(const std::string& path);
void write_dataset(const Dataset& dataset, const std::string& path);

} // namespace prunedamr::data
