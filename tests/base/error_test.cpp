// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/text.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace prunedamr {
namespace {

std::string line(const Error::Parts& parts)
{
    return Error(parts).what();
}

TEST(Error, LineLeavesOutEmptyParts)
{
    EXPECT_EQ(line({ "bad rate", "--rate", "0", "above 0" }), "--rate: bad rate: found 0, expected above 0");
    EXPECT_EQ(line({ "bad rate", "", "0", "above 0" }), "bad rate: found 0, expected above 0");
    EXPECT_EQ(line({ "bad rate", "--rate", "", "above 0" }), "--rate: bad rate: expected above 0");
    EXPECT_EQ(line({ "bad rate", "--rate", "0", "" }), "--rate: bad rate: found 0");
    EXPECT_EQ(line({ "bad rate", "", "", "" }), "bad rate");
}

TEST(Error, StaysOneLineWhateverWasFound)
{
    EXPECT_EQ(line({ "bad name", "f", "a\r\nb", "" }), "f: bad name: found a  b");
    EXPECT_EQ(Error({ "p", "w", "a\nb", "e" }).parts().found, "a\nb");
}

TEST(Error, ItsLineActsOnNoTerminal)
{
    EXPECT_EQ(line({ "bad name", "f\x1b]0;owned\x07", "\xc2\x9b" "2J", "" }),
              "f\\u001b]0;owned\\u0007: bad name: found \\u009b2J");
}

TEST(Printable, EscapesWhatIsNoTextAndKeepsWhatIs)
{
    const std::string text = "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\xa1\tend";
    EXPECT_EQ(printable(text), text);
    EXPECT_EQ(printable(std::string("a\0b\r\n\x7f", 6)), "a\\u0000b\\u000d\\u000a\\u007f");
    EXPECT_EQ(printable("\xe2\x80\xae" "cod.exe"), "\\u202ecod.exe"); // right to left from here on
    EXPECT_EQ(printable("\x9b\xff\xc3"), "\\u009b\\u00ff\\u00c3");       // no UTF-8
    EXPECT_EQ(printable("\xc0\x9b\xed\xa0\x80"), "\\u00c0\\u009b\\u00ed\\u00a0\\u0080"); // nor these
}

TEST(Error, OfTheSystemHasItsCodeAndItsText)
{
    const SystemError error("cannot open", "gone.bin", ENOENT, "a readable file");
    EXPECT_EQ(error.code(), ENOENT);
    EXPECT_STREQ(error.what(), "gone.bin: cannot open: found No such file or directory, expected a readable file");
    EXPECT_EQ(SystemError({ "no such file", "gone.bin", "", "" }, ENOENT).what(),
              std::string("gone.bin: no such file"));
}

TEST(Error, KindsAreErrors)
{
    EXPECT_THROW(throw InvalidArgument({ "bad rate", "", "", "" }), Error);
    EXPECT_THROW(throw SystemError({ "cannot read", "", "", "" }, 0), Error);
}

TEST(Check, AbortsWithConditionAndMessage)
{
    PRUNEDAMR_CHECK(1 + 1 == 2, "arithmetic");
    EXPECT_DEATH(PRUNEDAMR_CHECK(1 + 1 == 3, "no such sum"), "check failed: no such sum \\(1 \\+ 1 == 3\\)");
}

} // namespace
} // namespace prunedamr
