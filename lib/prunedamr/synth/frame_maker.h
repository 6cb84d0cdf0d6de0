// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/dataset/dataset.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::synth {

class Recipe;

/// What signals there are and what happens to them: a shipped recipe by its name ("onair"), or one from a JSON
/// file. Throws `Error` for an unknown name, and naming file, object and key.
PRUNEDAMR_API std::shared_ptr<const Recipe> load_recipe(const std::string& name_or_path);

struct FrameMakerConfig {
    std::shared_ptr<const Recipe> recipe; ///< must be set
    FrontEndSpec front_end;
    std::vector<std::string> labels;                              ///< empty: all of the recipe
    int frames_per_reception = 4;                                 ///< at most; they share a group
    double snr_low_db = std::numeric_limits<double>::quiet_NaN(); ///< NaN: the recipe's
    double snr_high_db = std::numeric_limits<double>::quiet_NaN();
    int threads = 0; ///< 0: all cores; the result does not depend on it
};

/// Labeled frames from a recipe, made through `dsp::FrontEnd` exactly as the live path makes them.
class PRUNEDAMR_API FrameMaker
{
public:
    /// Throws `Error` for unknown or repeated labels and values out of range.
    explicit FrameMaker(FrameMakerConfig config);
    ~FrameMaker();

    const std::vector<std::string>& class_names() const;

    double total_weight() const; ///< of all classes, as the recipe has them: how many frames `make(1)` gives

    /// `frames_per_class` frames of each class, times its weight in the recipe, class by class; no split yet. The
    /// same seed gives the same frames. Throws `Error` when the front end finds no signal of a class.
    dataset::Dataset make(std::int64_t frames_per_class, std::uint64_t seed);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::synth
