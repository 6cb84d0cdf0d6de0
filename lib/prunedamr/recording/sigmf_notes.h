// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::recording {

/// Strange things that do not stop the reading, counted by kind so that a thousand of one kind are one line.
class SigmfNotes
{
public:
    void add(const std::string& kind, const std::string& example);

    /// "WHERE: KIND (3 times, first: EXAMPLE)"
    std::vector<std::string> lines(const std::string& where) const;

private:
    struct Note {
        std::string kind;
        std::string first;
        std::uint64_t times;
    };
    std::vector<Note> notes_;
};

} // namespace prunedamr::recording
