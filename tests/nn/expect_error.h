// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace prunedamr::test {

/// `action` throws an `Error` of one line that contains `part`.
inline void expect_error(const std::function<void()>& action, const std::string& part)
{
    try {
        action();
        ADD_FAILURE() << "no error; expected one with: " << part;
    } catch (const Error& error) {
        const std::string message = error.what();
        EXPECT_NE(message.find(part), std::string::npos) << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
}

} // namespace prunedamr::test
