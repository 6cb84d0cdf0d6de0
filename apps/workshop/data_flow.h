// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/frame_source.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>

/// What the verbs that make one data set of others share.
namespace prunedamr::workshop {

struct DataOutput {
    std::string path;
    bool half = false;                      ///< float16 even if the source has float32
    std::optional<double> validation, test; ///< shares of a new split
    std::uint64_t seed = 1;                 ///< of everything random
    std::string json;
};

/// --out, --validation, --test, --seed, --json.
void add_output_options(CLI::App& verb, DataOutput& output);

/// {"command", "version", "inputs"}: the provenance of a data set made of `source`'s.
nlohmann::json provenance_of_inputs(const data::FrameSource& source);

/// Writes all frames of `source` with a bar, and prints what came out. The split is that of the source, unless it
/// has none, shares were given, or `divide_anew`. Returns the summary. Throws `Error`; then, and after Ctrl-C,
/// nothing is written.
nlohmann::ordered_json write_frames(data::FrameSource& source, const DataOutput& output, bool divide_anew);

/// "1.5 GB", "12.0 MB", "830 bytes".
std::string size_text(double bytes);

/// {class name: frames} in the classes' order, and {"train": frames, ...}.
nlohmann::ordered_json frames_per_class(const data::Dataset& fields);
nlohmann::ordered_json frames_per_part(const data::Dataset& fields);

/// "train 70, validation 10, test 20" of such an object.
std::string list_text(const nlohmann::ordered_json& counts);

} // namespace prunedamr::workshop
