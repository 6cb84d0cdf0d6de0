// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"

#include <memory>
#include <string>

namespace prunedamr::formats {

/// The pickles of RadioML 2016.10a, 2016.10b and 2016.04c: a dict {(modulation, snr_db): float array [n, 2, L]},
/// I then Q, as Python 2 wrote them and as Python 3 saves them again (protocols 0 to 5, float32 or float64 of
/// either byte order, C or Fortran order). Source: T. O'Shea, N. West, "Radio Machine Learning Dataset Generation
/// with GNU Radio", GRCon 2016.
///
/// Frames come cell by cell, classes in the order of `model::modulations()` (names that it does not know behind
/// them, by name) and SNR rising. The front end is as_is with L samples and unit magnitude (sum |x| = 1), which the
/// published files have; a frame whose sum is not 1 within 0.001 is scaled on reading, and the provenance says what
/// the first frames of the cells showed. The files do not tell which frames share a chain: each is a group of its
/// own.

bool is_pickle(const dataset::FileHead& head);

/// Throws `Error` naming file, byte and expectation. The file is mapped, not loaded.
std::unique_ptr<dataset::FrameSource> open_rml2016_pickle(const std::string& path);

/// Writes `dataset` as such a pickle (protocol 2, float32), which Python 2 reads with `pickle.load(f)` and Python 3
/// with `pickle.load(f, encoding="latin1")`. Frames keep their order within a cell; group and part are not stored.
/// SNRs that are whole numbers become int keys. Writing is atomic. Throws `Error` for an unknown SNR (NaN), a class
/// name that is not printable ASCII of at most 64 characters, or a cell of 2 GiB and more.
void write_rml2016_pickle(const dataset::Dataset& dataset, const std::string& path);

} // namespace prunedamr::formats
