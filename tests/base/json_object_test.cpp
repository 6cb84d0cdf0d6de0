// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/json_object.h"

#include "tests/support/expect_error.h"

namespace prunedamr {
namespace {

using nlohmann::json;

TEST(JsonObject, GivesWhatStandsThere)
{
    const json text = json::parse(R"({"name": "a", "names": ["b", "c"], "on": true, "x": 0.5, "n": 5.0,
                                      "large": 9223372036854775807, "pair": [1, 2.0], "list": [{}], "nothing": null})");
    JsonObject object(text, "here");
    EXPECT_EQ(object.string("name"), "a");
    EXPECT_EQ(object.strings("names"), (std::vector<std::string>{ "b", "c" }));
    EXPECT_EQ(object.one_of("name", { "z", "a" }), 1u);
    EXPECT_TRUE(object.boolean("on"));
    EXPECT_EQ(object.number("x", 0.0, 0.5), 0.5);
    EXPECT_EQ(object.integer("n"), 5);
    EXPECT_EQ(object.int32("n", 5, 5), 5);
    EXPECT_EQ(object.integer("large", 0, std::numeric_limits<std::int64_t>::max()),
              std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(object.int32s("pair", 2), (std::vector<int>{ 1, 2 }));
    EXPECT_EQ(object.list("list").size(), 1u);
    EXPECT_FALSE(object.has("nothing"));
    EXPECT_TRUE(object.at("nothing").is_null());
    EXPECT_NO_THROW(object.finish());
}

TEST(JsonObject, AbsentAndNullAreTheDefault)
{
    const json text = { { "nothing", nullptr } };
    JsonObject object(text, "here");
    for (const char* key : { "nothing", "absent" }) {
        EXPECT_EQ(object.find(key), nullptr) << key;
        EXPECT_EQ(object.string_or(key, "x"), "x") << key;
        EXPECT_EQ(object.number_or(key, 2.5), 2.5) << key;
        EXPECT_EQ(object.optional_number(key), std::nullopt) << key;
    }
    EXPECT_ERROR(object.string("absent"), "here: missing key 'absent'");
    EXPECT_ERROR(object.string("nothing"), "here: bad value of 'nothing': found null, expected a string");
}

TEST(JsonObject, WrongValuesAreNamed)
{
    const json text = json::parse(
        R"({"s": "x", "n": -3, "f": 2.5, "l": [1, "2"], "o": {}, "huge": 18446744073709551615, "float": 1e30})");
    JsonObject object(text, "here");
    EXPECT_ERROR(object.string("n"), "here: bad value of 'n': found -3, expected a string");
    EXPECT_ERROR(object.strings("l"), "here: bad value of 'l': found array, expected a list of strings");
    EXPECT_ERROR(object.one_of("s", { "a", "b", "c" }), "bad value of 's': found \"x\", expected a, b or c");
    EXPECT_ERROR(object.one_of("n", { "-3" }), "bad value of 'n': found -3, expected -3");
    EXPECT_ERROR(object.boolean("s"), "expected true or false");
    EXPECT_ERROR(object.number("s"), "bad value of 's': found \"x\", expected a number");
    EXPECT_ERROR(object.number("n", 0.0), "found -3, expected a number, at least 0.0");
    EXPECT_ERROR(object.number("f", 0.0, 1.0), "found 2.5, expected a number, 0.0..1.0");
    EXPECT_ERROR(object.optional_number("s"), "bad value of 's'");
    EXPECT_ERROR(object.integer("f", 0, 3), "found 2.5, expected a whole number, 0..3");
    EXPECT_ERROR(object.integer("n", 0, std::numeric_limits<std::int64_t>::max()), "a whole number, at least 0");
    for (const char* key : { "huge", "float", "s", "o" })
        EXPECT_ERROR(object.integer(key), std::string("bad value of '") + key);
    EXPECT_ERROR(object.int32("n", 0, 7), "found -3, expected a whole number, 0..7");
    EXPECT_ERROR(object.int32s("l", 2), "found array, expected a list of 32-bit integers, 2 in number");
    EXPECT_ERROR(object.list("o"), "found object, expected a list");
    EXPECT_ERROR(JsonObject(text["l"], "here"), "here: not a JSON object: found array");
}

TEST(JsonObject, KeysThatNobodyAskedForAreNamedWithThoseThatAre)
{
    const json text = { { "length", 1 }, { "lenght", 2 } };
    JsonObject object(text, "here");
    object.integer("length");
    object.has("width");
    EXPECT_ERROR(object.finish(), "here: unknown key: found 'lenght', expected length or width");
}

/// Bytes that are no UTF-8 must not fail within the message of an error.
TEST(JsonObject, BrokenTextIsShownAndCut)
{
    const json text = { { "a", std::string(200, 'x') }, { "b", "\xff" } };
    JsonObject object(text, "here");
    EXPECT_ERROR(object.number("a"), ": found \"" + std::string(59, 'x') + ", expected a number");
    EXPECT_ERROR(object.number("b"), "bad value of 'b'");
}

/// What copies or writes JSON goes as deep into the stack as the text is nested.
TEST(ParseJson, TextsThatAreNestedTooDeeplyAreRefused)
{
    const auto nested = [](int levels) { return std::string(levels, '[') + "\"[[\\\"[\"" + std::string(levels, ']'); };
    EXPECT_EQ(parse_json(nested(kMaxJsonDepth), "here", "lists").dump(), nested(kMaxJsonDepth));
    EXPECT_ERROR(parse_json(nested(kMaxJsonDepth + 1), "here", "lists"),
                 "here: JSON is nested too deeply: expected 100 levels at most");
    EXPECT_ERROR(parse_json(std::string(1'000'000, '{'), "here", "lists"), "nested too deeply");
}

} // namespace
} // namespace prunedamr
