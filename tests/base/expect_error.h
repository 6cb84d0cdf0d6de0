// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"

#include <gtest/gtest.h>

#include <string>

/// `statement` throws `Error` whose one line holds `part`.
#define EXPECT_ERROR(statement, part)                                                                              \
    try {                                                                                                          \
        statement;                                                                                                 \
        ADD_FAILURE() << "no error, expected one with: " << (part);                                                \
    } catch (const ::prunedamr::Error& error) {                                                                    \
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();                        \
    }
