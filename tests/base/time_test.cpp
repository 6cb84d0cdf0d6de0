// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/time.h"

#include "tests/support/expect_error.h"

namespace prunedamr {
namespace {

TEST(Rfc3339, ReadsKnownTimes)
{
    EXPECT_EQ(time_from_rfc3339("1970-01-01T00:00:00Z", "t"), 0);
    EXPECT_EQ(time_from_rfc3339("2001-09-09T01:46:40Z", "t"), 1'000'000'000'000'000'000);
    EXPECT_EQ(time_from_rfc3339("2024-02-29T12:00:00.5Z", "t"), 1'709'208'000'500'000'000);
    EXPECT_EQ(time_from_rfc3339("2024-02-29T12:00:00.000000001+05:30", "t"), 1'709'188'200'000'000'001);
    EXPECT_EQ(time_from_rfc3339("1969-12-31T23:59:59.999999999Z", "t"), -1);
}

TEST(Rfc3339, ReadsWhatRecordersWriteInItsPlace)
{
    const std::int64_t expected = 1'709'208'000'500'000'000;
    for (const char* text :
         { "2024-02-29T12:00:00.5", "2024-02-29 12:00:00.500000", "2024-02-29T12:00:00,5Z", "20240229T120000.5Z",
           "2024-02-29T12:00:00.500+00:00Z", "2024-02-29T13:00:00.5+0100", "2024-02-29T12:00:00.5000000000001Z" })
        EXPECT_EQ(time_from_rfc3339(text, "t"), expected) << text;
}

TEST(Rfc3339, WritesWhatItReads)
{
    for (const std::int64_t ns : { std::int64_t{ 0 }, std::int64_t{ -1 }, std::int64_t{ 951'782'400'123'456'789 },
                                   std::int64_t{ -2'208'988'800'000'000'000 } })
        EXPECT_EQ(time_from_rfc3339(rfc3339(ns), "t"), ns);
    EXPECT_EQ(rfc3339(951'782'400'123'456'789), "2000-02-29T00:00:00.123456789Z");
}

TEST(Rfc3339, RefusesOtherTexts)
{
    for (const char* text : { "", "yesterday", "2024-04-31T00:00:00Z", "2024-00-01T00:00:00Z",
                              "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2024-01-01T25:00:00Z",
                              "2024-01-01T00:00:001Z", "0001-01-01T00:00:00Z", "2024-01-01" })
        EXPECT_ERROR(time_from_rfc3339(text, "file"), "file: bad date and time");
}

} // namespace
} // namespace prunedamr
