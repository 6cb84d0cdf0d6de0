// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace prunedamr {

/// Outside input (a file, an option, a parameter, the network) was wrong.
/// `what()` is one line: "where: problem: found F, expected E"; empty parts are left out.
/// Tools print it and exit; library code throws it before anything was changed.
class PRUNEDAMR_API Error : public std::runtime_error
{
public:
    struct Parts {
        std::string problem;  ///< what is wrong, in a few words ("truncated header")
        std::string where;    ///< file, node, option or address
        std::string found;    ///< the offending value
        std::string expected; ///< the legal values or range
    };

    explicit Error(Parts parts);
    const Parts& parts() const { return parts_; }

private:
    Parts parts_;
};

/// A value that the caller gave: an option out of its range, an array of the wrong shape.
class PRUNEDAMR_API InvalidArgument : public Error
{
public:
    using Error::Error;
};

/// The operating system refused, or would have; `code` is an errno value, 0 where it gave none.
class PRUNEDAMR_API SystemError : public Error
{
public:
    SystemError(Parts parts, int code) : Error(std::move(parts)), code_(code) {}

    /// What was found is the system's own text for `code`.
    SystemError(std::string problem, std::string where, int code, std::string expected = "");

    int code() const { return code_; }

private:
    int code_;
};

namespace detail {
[[noreturn]] PRUNEDAMR_API void check_failed(const char* condition, const char* message, const char* file,
                                             int line);
}

} // namespace prunedamr

/// A programmer's error: prints the condition and aborts, in every build type.
#define PRUNEDAMR_CHECK(condition, message)                                                                        \
    ((condition) ? static_cast<void>(0)                                                                            \
                 : ::prunedamr::detail::check_failed(#condition, message, __FILE__, __LINE__))
