// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdlib>
#include <string>

namespace prunedamr::train {

/// The number that makes up all of `text`; NaN if none does.
inline double number_in(const std::string& text)
{
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    return text.empty() || *end != '\0' ? NAN : value;
}

/// `text` without `unit` at its end; "" if it does not end so.
inline std::string without_unit(const std::string& text, const std::string& unit)
{
    const bool there = text.size() > unit.size() && text.compare(text.size() - unit.size(), unit.size(), unit) == 0;
    return there ? text.substr(0, text.size() - unit.size()) : "";
}

} // namespace prunedamr::train
