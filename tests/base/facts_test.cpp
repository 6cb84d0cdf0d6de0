// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/front_end_spec.h"
#include "prunedamr/base/modulation.h"

#include "tests/base/expect_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace prunedamr {
namespace {

TEST(FrontEndSpec, JsonComesBack)
{
    for (const FrontEndSpec& spec : { FrontEndSpec{}, FrontEndSpec{ FrontEndSpec::Kind::as_is, 128, 128, 1.0 },
                                      FrontEndSpec{ FrontEndSpec::Kind::auto_band, 16, 1 << 20, 0.1 } })
        EXPECT_TRUE(front_end_from_json(nlohmann::json::parse(to_json(spec).dump()), "test") == spec);
}

TEST(FrontEndSpec, RefusesWhatIsOutsideItsRange)
{
    const auto refuse = [](const char* key, const nlohmann::json& value, const std::string& message) {
        auto json = to_json(FrontEndSpec{});
        json[key] = value;
        EXPECT_ERROR(front_end_from_json(json, "here"), message);
    };
    refuse("kind", "magic", "here: front end: bad kind: found magic, expected as_is or auto_band");
    refuse("frame_length", 15, "bad frame_length: found 15, expected 16..65536");
    refuse("frame_length", 65537, "bad frame_length");
    refuse("frame_length", "many", "malformed description");
    refuse("block_length", 1023, "bad block_length: found 1023");
    refuse("block_length", (1 << 20) + 1, "bad block_length");
    refuse("occupied_share", 0.05, "bad occupied_share");
    refuse("occupied_share", 1.01, "bad occupied_share");
    EXPECT_ERROR(front_end_from_json(nlohmann::json::array(), "here"), "malformed description");
    EXPECT_ERROR(front_end_from_json({ { "kind", "as_is" } }, "here"), "malformed description");
}

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
} // namespace prunedamr
