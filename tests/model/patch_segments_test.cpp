// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/model/patch_segments.h"

#include "tests/support/expect_error.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace prunedamr::model {
namespace {

std::string bytes_of(const std::vector<float>& values)
{
    return { reinterpret_cast<const char*>(values.data()), 4 * values.size() };
}

std::vector<float> noise(std::size_t count, std::uint64_t seed)
{
    Rng rng(seed);
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(rng.normal());
    return values;
}

const std::vector<float> kOdd = { 0.0f,
                                  -0.0f,
                                  1.0f,
                                  std::nextafter(1.0f, 2.0f),
                                  -1e-45f,
                                  std::numeric_limits<float>::infinity(),
                                  -std::numeric_limits<float>::infinity(),
                                  std::nanf("7"),
                                  -std::nanf("9"),
                                  std::numeric_limits<float>::max() };

TEST(PatchCode, ShufflingComesBack)
{
    for (const std::size_t count : { 0u, 1u, 2u, 101u })
        EXPECT_EQ(unshuffled(shuffled(bytes_of(noise(count, 1)))), bytes_of(noise(count, 1)));
    EXPECT_EQ(shuffled("abcdABCD"), "aAbBcCdD");
}

TEST(PatchCode, DifferencesAreExactForEveryPairOfBitPatterns)
{
    for (const float a : kOdd)
        for (const float b : kOdd)
            EXPECT_EQ(sum(bytes_of({ a }), difference(bytes_of({ a }), bytes_of({ b }))), bytes_of({ b }));
    const auto base = noise(1009, 2), updated = noise(1009, 3);
    EXPECT_EQ(sum(bytes_of(base), difference(bytes_of(base), bytes_of(updated))), bytes_of(updated));
}

TEST(PatchCode, ADifferenceCountsFloatsBetween)
{
    const auto steps = [](float from, float to) {
        std::uint32_t folded;
        const std::string coded = difference(bytes_of({ from }), bytes_of({ to }));
        std::memcpy(&folded, coded.data(), 4);
        return folded;
    };
    EXPECT_EQ(steps(1.0f, 1.0f), 0u);
    EXPECT_EQ(steps(1.0f, std::nextafter(1.0f, 2.0f)), 2u);
    EXPECT_EQ(steps(1.0f, std::nextafter(1.0f, 0.0f)), 1u);
    EXPECT_EQ(steps(-1.0f, std::nextafter(-1.0f, 0.0f)), 2u);
    EXPECT_LE(steps(-1e-45f, 1e-45f), 6u); // over zero too
}

/// A plain slice: every kept row and column, element by element.
std::vector<float> plain_slice(const std::vector<float>& base, const Blocks& blocks, const Slice& slice)
{
    const std::size_t block = blocks.block_bytes / 4;
    std::vector<float> result;
    for (const auto row : slice.rows)
        for (const auto column : slice.columns)
            for (std::size_t k = 0; k < block; ++k)
                result.push_back(base[(row * blocks.columns + column) * block + k]);
    return result;
}

TEST(PatchCode, SlicesAreFound)
{
    const std::vector<std::pair<Blocks, Slice>> cases = {
        { { 8, 5, 36 }, { { 1, 2, 7 }, { 0, 4 } } },             // conv, both sides
        { { 8, 5, 36 }, { { 0, 3 }, { 0, 1, 2, 3, 4 } } },       // conv, outputs only
        { { 8, 5, 36 }, { { 0, 1, 2, 3, 4, 5, 6, 7 }, { 3 } } }, // conv, inputs only
        { { 13, 1, 4 }, { { 2, 5, 11 }, { 0 } } },               // norm
        { { 11, 64, 4 }, { { 0, 10 }, { 0, 63 } } },             // linear
    };
    for (const auto& [blocks, slice] : cases) {
        const auto base = noise(blocks.size() / 4, blocks.rows);
        const std::string updated = bytes_of(plain_slice(base, blocks, slice));
        EXPECT_EQ(sliced(bytes_of(base), blocks, slice), updated);
        const Blocks small{ slice.rows.size(), slice.columns.size(), blocks.block_bytes };
        const auto found = find_slice(bytes_of(base), blocks, updated, small);
        ASSERT_TRUE(found);
        EXPECT_EQ(sliced(bytes_of(base), blocks, *found), updated);
        std::string other = updated;
        other.back() = static_cast<char>(other.back() ^ 1);
        EXPECT_FALSE(find_slice(bytes_of(base), blocks, other, small));
    }
}

TEST(PatchCode, EqualValuesDoNotConfuseASlice)
{
    const std::vector<float> base = { 0, 0, 0, 1, 0, 0, 1, 2, 0, 0, 3, 0 };
    const auto found = find_slice(bytes_of(base), { 12, 1, 4 }, bytes_of({ 0, 1, 1, 0, 0 }), { 5, 1, 4 });
    ASSERT_TRUE(found);
    EXPECT_EQ(sliced(bytes_of(base), { 12, 1, 4 }, *found), bytes_of({ 0, 1, 1, 0, 0 }));
    EXPECT_FALSE(find_slice(bytes_of(base), { 12, 1, 4 }, bytes_of({ 3, 2 }), { 2, 1, 4 }));
    EXPECT_FALSE(find_slice(bytes_of({ 1 }), { 1, 1, 4 }, bytes_of({ 1, 1 }), { 2, 1, 4 }));
}

/// As a file would give it: numbers that are not negative become unsigned.
std::vector<PatchSegment> read_plan(const nlohmann::json& plan, std::uint64_t stored, std::uint64_t made)
{
    return segments_from_json(nlohmann::json::parse(plan.dump()), 36, stored, made);
}

nlohmann::json slice_json(const nlohmann::json& changes)
{
    nlohmann::json json = {
        { "code", "slice" },       { "rows", 4 }, { "columns", 2 }, { "block", 4 }, { "keep_rows", { 1, 3 } },
        { "keep_columns", { 0 } }, { "base", 0 }
    };
    json.update(changes);
    return nlohmann::json::array({ json });
}

TEST(PatchPlan, SegmentsMakeTheFile)
{
    const std::string base = bytes_of({ 1, 2, 3, 4, 5, 6, 7, 8, 9 });
    nlohmann::json plan = slice_json(nlohmann::json::object());
    plan.insert(plan.begin(), nlohmann::json({ { "code", "text" }, { "bytes", 3 } }));
    plan.push_back({ { "code", "same" }, { "bytes", 4 }, { "base", 32 } });
    const auto segments = read_plan(plan, 3, 3 + 8 + 4);
    EXPECT_EQ(to_json(segments), plan);
    EXPECT_EQ(carried_out(segments, base, "abc"), "abc" + bytes_of({ 3, 7, 9 }));
}

TEST(PatchPlan, HostileSegmentsAreRefusedByName)
{
    const auto refused = [](const nlohmann::json& plan, const std::string& part) {
        EXPECT_ERROR(read_plan(plan, 8, 8), part);
    };
    const auto one = [](const nlohmann::json& segment) { return nlohmann::json::array({ segment }); };
    refused(7, "not a list");
    refused(one({ { "code", "magic" } }), "segment 1: unknown code: found magic");
    refused(one({ { "code", "text" } }), "segment 1: missing key 'bytes'");
    refused(one({ { "code", "text" }, { "bytes", -1 } }), "bad value of 'bytes'");
    refused(one({ { "code", "text" }, { "bytes", 9 } }),
            "bad value of 'bytes': found 9, expected a whole number, 0..8");
    refused(one({ { "code", "text" }, { "bytes", 8 }, { "x", 1 } }), "unknown key");
    refused(one({ { "code", "whole" }, { "bytes", 7 } }), "not whole words");
    refused(one({ { "code", "same" }, { "bytes", 8 }, { "base", 29 } }),
            "bad value of 'base': found 29, expected a whole number, 0..28");
    refused(one({ { "code", "same" }, { "bytes", 37 }, { "base", 0 } }), "bad value of 'bytes'");
    refused(one({ { "code", "text" }, { "bytes", 7 } }), "do not add up");
    refused({ { { "code", "same" }, { "bytes", 8 }, { "base", 8 } },
              { { "code", "same" }, { "bytes", 8 }, { "base", 8 } } },
            "segment 2: ranges of the base overlap"); // a small update cannot repeat the base without end
    refused(slice_json({ { "rows", 4294967296 }, { "columns", 4294967296 } }), "bad value of 'rows'");
    refused(slice_json({ { "rows", 36 }, { "columns", 36 } }), "bad value of 'columns'");
    refused(slice_json({ { "block", 5 } }), "bad value of 'block'");
    refused(slice_json({ { "base", 5 } }), "bad value of 'base'");
    refused(slice_json({ { "keep_rows", { 1, 4 } } }), "bad value of 'keep_rows'");
    refused(slice_json({ { "keep_rows", { 3, 1 } } }), "bad value of 'keep_rows'");
    refused(slice_json({ { "keep_columns", { 0, 0 } } }), "bad value of 'keep_columns'");
    refused(slice_json({ { "keep_columns", { -1 } } }), "bad value of 'keep_columns'");
    refused(slice_json({ { "keep_columns", "all" } }), "bad value of 'keep_columns'");
    refused(slice_json({ { "rows", 0 }, { "keep_rows", nlohmann::json::array() } }), "bad value of 'columns'");
}

} // namespace
} // namespace prunedamr::model
