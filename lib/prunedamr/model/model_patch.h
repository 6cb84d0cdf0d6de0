// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/checksum.h"

#include <cstddef>
#include <string>

namespace prunedamr::model {

/// Format version written; readers refuse a greater one by name.
inline constexpr int kPatchFormat = 1;

/// What an update takes, in bytes, and how the tensors' bytes of the new model are coded in it.
struct PatchSummary {
    std::size_t patch_bytes = 0;
    std::size_t model_bytes = 0; ///< of the new model file
    std::size_t same = 0;        ///< copied from the base
    std::size_t sliced = 0;      ///< copied from the base by lists of kept channels
    std::size_t changed = 0;     ///< coded as differences from the base
    std::size_t whole = 0;       ///< coded as they are
};

/// Writes the difference between two model files. Applied to `base` it gives the bytes of `updated` again.
/// Throws `Error` when one of them is no model, or in a build without zlib.
PatchSummary diff_models(const std::string& base, const std::string& updated, const std::string& patch);

/// Writes, atomically, the model file that the update was made for. Throws `Error`, before anything is written,
/// when the patch is damaged, of a newer format, made for another base (by SHA-256), or would not give the file it
/// promises.
PatchSummary patch_model(const std::string& base, const std::string& patch, const std::string& updated);

/// The hashes of the two model files that the bytes of an update are between. Throws `Error` as `patch_model` does
/// when they are damaged, of a newer format or no update.
struct PatchEnds {
    Sha256 base, updated;
};
PatchEnds patch_ends(const std::string& patch);

/// The same with the update in memory; `name` stands for it in messages.
PatchSummary apply_patch(const std::string& base, const std::string& patch, const std::string& name,
                         const std::string& updated);

} // namespace prunedamr::model
