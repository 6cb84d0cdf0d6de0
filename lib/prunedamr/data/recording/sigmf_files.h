// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace prunedamr::data {

/// The two files of one SigMF recording, and their name without ending.
struct SigmfPair {
    std::string meta;
    std::string data;
    std::string stem;
};

/// From x.sigmf-meta, x.sigmf-data or x itself; nothing is looked up.
SigmfPair sigmf_pair(const std::string& path);

} // namespace prunedamr::data
