// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/process_group.h"

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace prunedamr::train {
namespace {

constexpr const char* kVariables[] = { "RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT" };
constexpr int kMostProcesses = 4096;

std::string value_of(const char* variable)
{
    const char* value = std::getenv(variable);
    return value ? value : "";
}

template <class Number> Number number_in(const char* variable, Number low, Number high, const std::string& expected)
{
    const std::string text = value_of(variable);
    Number value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size() || !(value >= low && value <= high))
        throw Error({ "wrong value in the environment", variable, "'" + text + "'", expected });
    return value;
}

} // namespace

ProcessPlace process_place_from_environment()
{
    ProcessPlace place;
    std::string set, missing;
    for (const char* variable : kVariables)
        (value_of(variable).empty() ? missing : set) += std::string(" ") + variable;
    if (set.empty())
        return place;
    if (!missing.empty())
        throw Error({ "the environment asks for several processes, but not completely", "", "only" + set,
                      "also" + missing + ", or none of them" });
    place.size = number_in("WORLD_SIZE", 1, kMostProcesses, "1 to " + std::to_string(kMostProcesses));
    place.rank =
        number_in("RANK", 0, place.size - 1, "0 to " + std::to_string(place.size - 1) + ", below WORLD_SIZE");
    place.address = value_of("MASTER_ADDR");
    place.port = number_in("MASTER_PORT", 1, 65535, "1 to 65535");
    constexpr const char* kTimeout = "PRUNEDAMR_PROCESS_TIMEOUT_S";
    if (!value_of(kTimeout).empty())
        place.timeout_s = number_in(kTimeout, 0.1, 86400.0, "0.1 to 86400 seconds");
    return place;
}

} // namespace prunedamr::train
