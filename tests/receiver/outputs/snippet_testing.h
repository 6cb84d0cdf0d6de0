// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

namespace prunedamr::test {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kTime = 1'800'000'000 * kSecond;

/// Of the recordings in a folder.
inline std::set<std::string> names(const std::string& folder)
{
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".sigmf-meta")
            found.insert(entry.path().stem());
    return found;
}

} // namespace prunedamr::test
