// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/formats/class_order.h"

#include "prunedamr/base/error.h"
#include "prunedamr/model/class_table.h"

#include <algorithm>
#include <utility>

namespace prunedamr::formats {
namespace {

constexpr std::size_t kMaxClassNameBytes = 64;

std::pair<std::ptrdiff_t, std::string> rank_of(const std::string& name)
{
    const model::Modulation* row = model::find_modulation(name);
    const auto& table = model::modulations();
    return { row ? row - table.data() : static_cast<std::ptrdiff_t>(table.size()), name };
}

} // namespace

std::vector<std::string> in_class_order(std::vector<std::string> names)
{
    std::sort(names.begin(), names.end(),
              [](const std::string& a, const std::string& b) { return rank_of(a) < rank_of(b); });
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

void check_class_name(const std::string& name, const std::string& where)
{
    const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (name.empty() || name.size() > kMaxClassNameBytes || !printable)
        throw Error({ "not a class name", where,
                      printable ? "'" + name.substr(0, kMaxClassNameBytes) + "'" : "other bytes",
                      "1 to " + std::to_string(kMaxClassNameBytes) + " printable ASCII characters" });
}

} // namespace prunedamr::formats
