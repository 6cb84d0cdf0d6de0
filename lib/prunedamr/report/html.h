// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace prunedamr::report {

/// A whole HTML page: head, the marks' and the pages' common style, `style` of its own, the title as heading.
/// Nothing in it comes from outside. `body` is HTML.
std::string html_page(std::string_view title, std::string_view style, const std::string& body);

/// <NAME>escaped text</NAME>, with attributes as they are ("class=\"x\"").
std::string html_element(std::string_view name, std::string_view text, std::string_view attributes = "");

} // namespace prunedamr::report
