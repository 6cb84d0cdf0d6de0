// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/measure/measurement.h"

#include <optional>
#include <string>
#include <vector>

namespace prunedamr::systems {

struct Range {
    double from = 0.0, to = 0.0; ///< from <= to
};

/// Frequencies of a plan; of a single channel `hz.from == hz.to`, its center.
struct Band {
    Range hz;
    std::string region; ///< "world", "Europe", "downlink"
};

/// What a measurement of the system gives: a number in one of these ranges.
struct Fact {
    measure::Quantity quantity;
    std::vector<Range> ranges;
};

/// What is publicly known of a radio system.
struct System {
    std::string name; ///< 1..40 bytes
    std::string what; ///< a few words
    std::vector<Band> bands;
    std::vector<double> raster_hz;   ///< channel spacings; for people, not compared
    Range bandwidth_hz;              ///< occupied
    std::vector<std::string> labels; ///< classes of the class table, or families of it
    std::vector<Fact> measured;
    std::optional<Range> burst_s;     ///< length of a transmission
    bool is_continuous = false;       ///< on the air for hours
    std::vector<std::string> sources; ///< standard and clause, or address of a page; at least one
};

/// Reads a table (docs/user/systems.md has the format). Throws `Error` naming the file, the system and the value
/// that is wrong: unknown keys, ranges out of order, labels that the class table lacks, a system without a source.
PRUNEDAMR_API std::vector<System> read_systems(const std::string& path);

/// The shipped table, share/prunedamr/systems.json, found as installed models are. Those of `path`, unless it is
/// empty, take the place of systems of the same name, and are added otherwise. Throws `Error` as above, and where
/// the shipped table is not installed.
PRUNEDAMR_API std::vector<System> load_systems(const std::string& path = "");

} // namespace prunedamr::systems
