// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/data/dataset_file.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>

namespace prunedamr::data {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

std::string gigabytes(double bytes)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f GB", bytes / 1e9);
    return text;
}

/// The number after `key` in one of the kernel's files, or the first word; no limit where there is none.
double number_in(const char* path, const std::string& key)
{
    std::ifstream file(path);
    double number = kNoLimit;
    if (key.empty())
        return file >> number ? number : kNoLimit;
    for (std::string word; file >> word;)
        if (word == key)
            return file >> number ? number : kNoLimit;
    return kNoLimit;
}

/// Of the control group; pages that only cache files count as free.
double free_in_group()
{
    const double limit = number_in("/sys/fs/cgroup/memory.max", "");
    const double used = number_in("/sys/fs/cgroup/memory.current", "");
    const double cached = number_in("/sys/fs/cgroup/memory.stat", "file");
    return limit == kNoLimit || used == kNoLimit || cached == kNoLimit ? kNoLimit
                                                                       : std::max(0.0, limit - used + cached);
}

} // namespace

double available_memory_bytes()
{
    return std::min(1024 * number_in("/proc/meminfo", "MemAvailable:"), free_in_group());
}

void require_memory(double needed_bytes, double available_bytes, const std::string& path)
{
    if (needed_bytes > available_bytes)
        throw Error({ "does not fit into memory", path, gigabytes(needed_bytes) + " of frames",
                      "at most the " + gigabytes(available_bytes) +
                          " that are free; `prunedamr data import --frames-per-cell N` makes a smaller one" });
}

} // namespace prunedamr::data
