// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"

#include "prunedamr/base/text.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace prunedamr {
namespace {

std::string one_line(const Error::Parts& parts)
{
    std::string line = parts.where.empty() ? parts.problem : parts.where + ": " + parts.problem;
    if (!parts.found.empty())
        line += ": found " + parts.found;
    if (!parts.expected.empty())
        line += (parts.found.empty() ? ": expected " : ", expected ") + parts.expected;
    for (char& c : line)
        if (c == '\n' || c == '\r')
            c = ' ';
    return printable(line);
}

} // namespace

Error::Error(Parts parts) : std::runtime_error(one_line(parts)), parts_(std::move(parts)) {}

SystemError::SystemError(std::string problem, std::string where, int code, std::string expected)
    : SystemError({ std::move(problem), std::move(where), std::strerror(code), std::move(expected) }, code)
{
}

namespace detail {

void check_failed(const char* condition, const char* message, const char* file, int line)
{
    std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", file, line, message, condition);
    std::abort();
}

} // namespace detail
} // namespace prunedamr
