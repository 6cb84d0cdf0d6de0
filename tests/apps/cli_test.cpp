// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"

#include <gtest/gtest.h>

namespace prunedamr::cli {
namespace {

std::string refusal(double (*read)(const std::string&, const std::string&), const std::string& text)
{
    try {
        read("--rate", text);
    } catch (const CLI::ValidationError& error) {
        return error.what();
    }
    return "";
}

TEST(Quantity, ReadsNumbersWithDecimalSuffixesToTheLastDigit)
{
    EXPECT_EQ(quantity("--rate", "433.92M"), 433.92e6);
    EXPECT_EQ(quantity("--rate", "868.3125M"), 868312500.0);
    EXPECT_EQ(quantity("--rate", "2.402123456G"), 2402123456.0);
    EXPECT_EQ(quantity("--rate", "48k"), 48000.0);
    EXPECT_EQ(quantity("--rate", "1e6"), 1e6);
    EXPECT_EQ(quantity("--rate", "-12.5k"), -12500.0);
}

TEST(Quantity, NonsenseIsRefusedWithTheOption)
{
    for (const char* text : { "", "M", "fast", "1K", "1 M", "1MM", "1Mi", "2.4M/s", "nan", "inf", "1e999" })
        EXPECT_EQ(refusal(quantity, text),
                  "--rate: '" + std::string(text) + "' is not a number with an optional suffix k, M or G");
    for (const char* text : { "0", "-2.4M" })
        EXPECT_EQ(refusal(positive_quantity, text),
                  "--rate: found " + std::string(text) + ", expected a number above 0");
}

} // namespace
} // namespace prunedamr::cli
