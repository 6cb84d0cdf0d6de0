// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace prunedamr::receiver {

/// The snippets of a folder with what the receiver and persons say of them, and names of classes to choose from, as
/// JSON. A file that is as it was is not read again. One thread.
class SnippetList
{
public:
    explicit SnippetList(std::string folder) : folder_(std::move(folder)) {} ///< empty: none are kept

    /// The newest `limit`: {"is_kept", "snippets", "total", "classes"}. Throws `Error` for what is no folder.
    std::string json(std::size_t limit);

private:
    struct Known {
        std::uint64_t inode = 0, size = 0;
        std::int64_t time_ns = 0;
        std::string text;  ///< of the snippet; empty: the file is none
        std::string label; ///< that a person gave it; empty: nobody did
    };
    const Known& look_up(const std::string& name);

    const std::string folder_;
    std::map<std::string, Known> known_;
};

} // namespace prunedamr::receiver
