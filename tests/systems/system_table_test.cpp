// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/systems/system_table.h"

#include "prunedamr/base/error.h"
#include "prunedamr/model/model_search.h"

#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

using namespace prunedamr;
using namespace prunedamr::systems;
using nlohmann::json;

namespace {

json one_system()
{
    return { { "name", "Doorbell X" },
             { "what", "a bell" },
             { "bands_mhz", { { "Europe", { 433.92, { 868.0, 868.6 } } } } },
             { "raster_hz", { 25000 } },
             { "bandwidth_hz", { 1000, 60000 } },
             { "labels", { "OOK", "FSK" } },
             { "measured",
               { { "chip_rate_hz", { { "values", { 2000, 4000 } }, { "tolerance", 0.05 } } },
                 { "duty", { { "from", 0.3 }, { "to", 0.5 } } } } },
             { "burst_s", { 0.1, 0.4 } },
             { "continuous", false },
             { "sources", { "https://example.org/bell" } } };
}

class Tables
{
public:
    std::string write(const std::string& text)
    {
        const std::string path = folder_ / "own.json";
        std::ofstream(path) << text;
        return path;
    }
    std::string write(const json& system, const json& version = 1)
    {
        return write(json{ { "version", version }, { "systems", { system } } }.dump());
    }

private:
    test::TemporaryFolder folder_;
};

/// The error of a table with one system.
Error::Parts refusal(const std::string& path)
{
    try {
        read_systems(path);
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
        return error.parts();
    }
    ADD_FAILURE() << "was read: " << path;
    return {};
}

TEST(SystemTable, ShippedOneIsWhole)
{
    const auto systems = load_systems();
    EXPECT_GE(systems.size(), 100u);
    std::set<std::string> names;
    std::set<measure::Quantity> quantities;
    for (const System& system : systems) {
        EXPECT_TRUE(names.insert(system.name).second) << system.name;
        EXPECT_FALSE(system.what.empty()) << system.name;
        EXPECT_FALSE(system.sources.empty()) << system.name;
        EXPECT_FALSE(system.labels.empty()) << system.name;
        for (const Band& band : system.bands) {
            EXPECT_GE(band.hz.from, 1e3) << system.name;
            EXPECT_LE(band.hz.to, 100e9) << system.name;
        }
        // What is wider than its band, or sends more symbols than it is wide, is a slip of the pen.
        EXPECT_LE(system.bandwidth_hz.to, 0.5 * system.bands.front().hz.to) << system.name;
        for (const Fact& fact : system.measured) {
            quantities.insert(fact.quantity);
            const bool is_single_rate =
                fact.quantity == measure::Quantity::symbol_rate_hz && fact.ranges.size() == 1;
            EXPECT_TRUE(!is_single_rate || fact.ranges.front().from <= 2.1 * system.bandwidth_hz.to) << system.name;
        }
    }
    EXPECT_GE(quantities.size(), 10u);
}

TEST(SystemTable, ReadsEveryKey)
{
    Tables tables;
    const auto systems = read_systems(tables.write(one_system()));
    ASSERT_EQ(systems.size(), 1u);
    const System& bell = systems.front();
    EXPECT_EQ(bell.name, "Doorbell X");
    ASSERT_EQ(bell.bands.size(), 2u);
    EXPECT_DOUBLE_EQ(bell.bands[0].hz.from, 433.92e6);
    EXPECT_DOUBLE_EQ(bell.bands[0].hz.to, 433.92e6);
    EXPECT_DOUBLE_EQ(bell.bands[1].hz.to, 868.6e6);
    EXPECT_EQ(bell.bands[1].region, "Europe");
    ASSERT_EQ(bell.measured.size(), 2u);
    ASSERT_EQ(bell.measured[0].ranges.size(), 2u);
    EXPECT_DOUBLE_EQ(bell.measured[0].ranges[1].from, 3800.0);
    EXPECT_DOUBLE_EQ(bell.measured[1].ranges[0].to, 0.5);
    ASSERT_TRUE(bell.burst_s);
    EXPECT_DOUBLE_EQ(bell.burst_s->to, 0.4);
    EXPECT_FALSE(bell.is_continuous);
}

TEST(SystemTable, ReplacesByNameAndAddsTheRest)
{
    Tables tables;
    json ais = one_system();
    ais["name"] = "AIS";
    const std::size_t shipped = load_systems().size();
    const auto added = load_systems(tables.write(one_system()));
    EXPECT_EQ(added.size(), shipped + 1);
    EXPECT_EQ(added.back().name, "Doorbell X");
    const auto replaced = load_systems(tables.write(ais));
    EXPECT_EQ(replaced.size(), shipped);
    EXPECT_EQ(std::count_if(replaced.begin(), replaced.end(),
                            [](const System& system) { return system.name == "AIS" && system.what == "a bell"; }),
              1);
}

TEST(SystemTable, SaysWhatIsWrongAndWhere)
{
    struct Case {
        const char* key;
        json value;
        const char* problem;
        const char* expected;
    };
    const Case cases[] = {
        { "labels", json::array({ "GMKS" }), "unknown label", "a class or a family" },
        { "labels", json::array({ "noise" }), "unknown label", "a class or a family" },
        { "labels", json::array(), "'labels'", "at least one" },
        { "sources", json::array(), "'sources'", "public source" },
        { "sources", json::array({ "" }), "'sources'", "public source" },
        { "bandwidth_hz", json::array({ 9000, 8000 }), "'bandwidth_hz'", "do not fall" },
        { "bandwidth_hz", json::array({ 0, 8000 }), "'bandwidth_hz'", "above 0" },
        { "bandwidth_hz", "8k", "'bandwidth_hz'", "[from, to]" },
        { "bands_mhz", { { "EU", { { 434.0, 433.0 } } } }, "'bands_mhz'", "do not fall" },
        { "bands_mhz", { { "EU", json::array() } }, "'bands_mhz'", "'EU'" },
        { "bands_mhz", json::object(), "'bands_mhz'", "regions" },
        { "burst_s", json::array({ 1 }), "'burst_s'", "[from, to]" },
        { "measured", { { "evm_db", { { "from", 1 }, { "to", 2 } } } }, "unknown key", "symbol_rate_hz" },
        { "measured", { { "tones", { { "from", 4 }, { "to", 2 } } } }, "'to'", "4.0.." },
        { "measured", { { "tones", { { "values", { 2 } } } } }, "missing key 'tolerance'", "" },
        { "measured", { { "tones", { { "values", { -2 } }, { "tolerance", 0 } } } }, "'values'", "above 0" },
        { "measured", { { "tones", { { "values", { 2 } }, { "tolerance", 0.6 } } } }, "'tolerance'", "0.0..0.5" },
        { "raster_hz", json::array({ -1 }), "'raster_hz'", "above 0" },
        { "modulation", "OOK", "unknown key", "labels" },
        { "continuous", 1, "'continuous'", "true or false" },
    };
    Tables tables;
    for (const Case& wrong : cases) {
        json system = one_system();
        system[wrong.key] = wrong.value;
        const std::string path = tables.write(system);
        const Error::Parts parts = refusal(path);
        EXPECT_NE(parts.problem.find(wrong.problem), std::string::npos) << parts.problem;
        EXPECT_EQ(parts.where.find(path + ": system 'Doorbell X'"), 0u) << parts.where;
        EXPECT_NE(parts.expected.find(wrong.expected), std::string::npos)
            << parts.problem << "; " << parts.expected;
    }
}

TEST(SystemTable, RefusesFilesThatAreNone)
{
    Tables tables;
    EXPECT_EQ(refusal(tables.write(std::string("{\"version\": 1,"))).problem, "broken JSON");
    EXPECT_EQ(refusal(tables.write(std::string("{\"version\": 1e999}"))).problem, "number out of range");
    EXPECT_EQ(refusal(tables.write(std::string("[]"))).problem, "not a JSON object");
    EXPECT_EQ(refusal(tables.write(one_system(), 2)).problem, "bad value of 'version'");
    json nameless = one_system();
    nameless["name"] = std::string(41, 'x');
    EXPECT_EQ(refusal(tables.write(nameless)).problem, "bad name");
    nameless.erase("name");
    EXPECT_EQ(refusal(tables.write(nameless)).problem, "missing key 'name'");
    const json twice{ { "version", 1 }, { "systems", { one_system(), one_system() } } };
    EXPECT_EQ(refusal(tables.write(twice.dump())).problem, "repeated system");
    EXPECT_THROW(read_systems("/nowhere/systems.json"), Error);
}

TEST(SystemTable, OfTheTreeIsFound)
{
    EXPECT_NE(model::find_shared("systems.json").find("share/prunedamr/systems.json"), std::string::npos);
    EXPECT_EQ(model::find_shared("no-such-file"), "");
}

} // namespace
