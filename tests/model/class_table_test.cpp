// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/class_table.h"

#include <gtest/gtest.h>

#include <set>

namespace prunedamr::model {
namespace {

TEST(Modulation, NamesAreUniqueAndFamiliesKnown)
{
    const std::set<std::string> families = { "noise", "CW", "ASK", "PSK",  "QAM", "APSK",
                                             "FSK",   "AM", "FM",  "OFDM", "CSS", "unknown" };
    std::set<std::string> names;
    for (const Modulation& row : modulations()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_EQ(families.count(row.family), 1u) << row.name;
        EXPECT_NE(std::string(row.definition), "");
        EXPECT_EQ(find_modulation(row.name), &row);
        for (const auto alias : row.aliases) {
            EXPECT_TRUE(names.insert(std::string(alias)).second) << alias;
            EXPECT_EQ(find_modulation(alias), &row);
        }
    }
}

TEST(Modulation, FindsByExactNameOrAliasOnly)
{
    EXPECT_EQ(find_modulation("bpsk"), nullptr);
    EXPECT_EQ(find_modulation(""), nullptr);
    EXPECT_EQ(family_of("64QAM"), "QAM");
    EXPECT_EQ(family_of("QAM64"), "QAM");
    EXPECT_EQ(family_of("my own"), "my own");
}

} // namespace
} // namespace prunedamr::model
