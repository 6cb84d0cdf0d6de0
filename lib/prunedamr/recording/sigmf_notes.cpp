// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/sigmf_notes.h"

#include <algorithm>

namespace prunedamr::recording {

void SigmfNotes::add(const std::string& kind, const std::string& example)
{
    const auto known = std::find_if(notes_.begin(), notes_.end(), [&](const Note& n) { return n.kind == kind; });
    if (known == notes_.end())
        notes_.push_back({ kind, example, 1 });
    else
        ++known->times;
}

std::vector<std::string> SigmfNotes::lines(const std::string& where) const
{
    std::vector<std::string> lines;
    for (const auto& [kind, first, times] : notes_)
        lines.push_back(where + ": " + kind + " (" +
                        (times > 1 ? std::to_string(times) + " times, first: " : std::string()) + first + ")");
    return lines;
}

} // namespace prunedamr::recording
