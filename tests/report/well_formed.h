// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace prunedamr::report {

/// Whether every element is closed in order, every attribute is quoted and no stray < or bare & is left.
inline ::testing::AssertionResult well_formed(const std::string& xml)
{
    std::vector<std::string> open;
    for (std::size_t at = 0; at < xml.size(); ++at) {
        if (xml[at] == '&') {
            const std::size_t end = xml.find(';', at);
            if (end == std::string::npos || end - at > 6)
                return ::testing::AssertionFailure() << "bare & at " << at;
        }
        if (xml[at] != '<')
            continue;
        const std::size_t end = xml.find('>', at);
        const std::string tag = xml.substr(at + 1, end - at - 1);
        if (end == std::string::npos || tag.find('<') != std::string::npos)
            return ::testing::AssertionFailure() << "stray < at " << at;
        const std::string name = tag.substr(0, tag.find_first_of(" \n/"));
        if (tag[0] == '/') {
            if (open.empty() || open.back() != tag.substr(1))
                return ::testing::AssertionFailure() << "</" << tag.substr(1) << "> at " << at;
            open.pop_back();
        } else if (tag[0] != '?' && tag[0] != '!' && tag.back() != '/' && name != "meta") {
            open.push_back(name);
        }
        std::size_t quotes = 0;
        for (const char c : tag)
            quotes += c == '"';
        if (quotes % 2 != 0)
            return ::testing::AssertionFailure() << "an open quote in <" << tag << ">";
        at = end;
    }
    return open.empty() ? ::testing::AssertionSuccess()
                        : ::testing::AssertionFailure() << open.back() << " is open";
}

inline int count_of(const std::string& text, const std::string& part)
{
    int count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
        ++count;
    return count;
}

} // namespace prunedamr::report
