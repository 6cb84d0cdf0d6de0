// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"

#include <map>
#include <string>

namespace prunedamr::data {

/// The part of a data set that both containers hold as JSON text: class_names, front_end, provenance.
std::map<std::string, std::string> pack_metadata(const Dataset& dataset);

/// Throws `Error` naming `where` and the key that is missing or malformed.
void unpack_metadata(const std::map<std::string, std::string>& metadata, const std::string& where,
                     Dataset& dataset);

Dataset read_safetensors_dataset(const std::string& path);
void write_safetensors_dataset(const Dataset& dataset, const std::string& path);

Dataset read_hdf5_dataset(const std::string& path);
void write_hdf5_dataset(const Dataset& dataset, const std::string& path);

} // namespace prunedamr::data
