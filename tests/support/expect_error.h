// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

/// `statement` throws `Error` whose one line holds `part`.
#define EXPECT_ERROR(statement, part)                                                                              \
    try {                                                                                                          \
        statement;                                                                                                 \
        ADD_FAILURE() << "no error, expected one with: " << (part);                                                \
    } catch (const ::prunedamr::Error& error) {                                                                    \
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();                        \
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();                        \
    }

namespace prunedamr::test {

/// The same for an action of several statements.
inline void expect_error(const std::function<void()>& action, const std::string& part)
{
    EXPECT_ERROR(action(), part);
}

} // namespace prunedamr::test
