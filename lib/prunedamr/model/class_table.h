// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <string>
#include <string_view>
#include <vector>

namespace prunedamr::model {

/// One row of the project's only table of classes.
struct Modulation {
    const char* name;   ///< the label, as models, data sets and events write it
    const char* family; ///< "noise", "unknown", "CW", "ASK", "PSK", "QAM", "APSK", "FSK", "AM", "FM", "OFDM", "CSS"
    const char* definition;                ///< one sentence, for cards and help texts
    std::vector<std::string_view> aliases; ///< other spellings in data sets and recordings
    const char* mirror = nullptr; ///< class of the complex conjugate (spectral mirror); null: the class itself
};

/// All classes of our recipes and of the data sets that we read, in their canonical order.
PRUNEDAMR_API const std::vector<Modulation>& modulations();

/// Row by name or alias (exact case), or nullptr.
PRUNEDAMR_API const Modulation* find_modulation(std::string_view name);

/// Family of a label; a label that the table does not know is a family of its own.
PRUNEDAMR_API std::string family_of(const std::string& label);

/// Label of a class's spectral mirror (the complex conjugate of its samples), in the spelling of the table or, for
/// a class that is its own mirror, as given; empty for a label that the table does not know.
PRUNEDAMR_API std::string mirror_of(const std::string& label);

} // namespace prunedamr::model
