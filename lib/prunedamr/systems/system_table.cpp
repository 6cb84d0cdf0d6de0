// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/systems/system_table.h"

#include "prunedamr/base/file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/model/model_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace prunedamr::systems {
namespace {

using measure::Quantity;
using nlohmann::json;

constexpr std::size_t kMaxFileBytes = 16 << 20, kMaxName = 40;
constexpr double kMaxHz = 1e12, kMaxNumber = 1e15;

/// Those that are properties of a system; the others are of a reception.
constexpr std::array kFacts = {
    Quantity::symbol_rate_hz,
    Quantity::deviation_hz,
    Quantity::modulation_index,
    Quantity::tones,
    Quantity::roll_off,
    Quantity::bt,
    Quantity::cyclic_prefix_s,
    Quantity::subcarrier_spacing_hz,
    Quantity::chirp_rate_hz_per_s,
    Quantity::spreading_factor,
    Quantity::depth,
    Quantity::audio_bandwidth_hz,
    Quantity::chip_rate_hz,
    Quantity::duty,
};

/// [from, to], both in 0..max and in order.
Range read_range(const json& value, const std::string& where, const std::string& key, double max)
{
    if (!value.is_array() || value.size() != 2 || !value[0].is_number() || !value[1].is_number())
        throw Error({ "bad range of '" + key + "'", where, value.dump(-1, ' ', true).substr(0, 60), "[from, to]" });
    const Range range{ value[0].get<double>(), value[1].get<double>() };
    if (!(range.from > 0.0 && range.from <= range.to && range.to <= max))
        throw Error({ "bad range of '" + key + "'", where, value.dump(),
                      "numbers above 0 that do not fall, at most " + json(max).dump() });
    return range;
}

std::vector<Band> read_bands(JsonObject& fields)
{
    std::vector<Band> bands;
    const json& regions = fields.at("bands_mhz");
    if (!regions.is_object() || regions.empty())
        fields.refuse("bands_mhz", "an object of regions, each a list of frequencies and ranges");
    for (const auto& [region, list] : regions.items()) {
        if (!list.is_array() || list.empty())
            fields.refuse("bands_mhz", "a list of frequencies and ranges for '" + region + "'");
        for (const json& entry : list) {
            const Range mhz = read_range(entry.is_number() ? json::array({ entry, entry }) : entry, fields.where(),
                                         "bands_mhz", kMaxHz / 1e6);
            bands.push_back({ { mhz.from * 1e6, mhz.to * 1e6 }, region });
        }
    }
    return bands;
}

std::vector<std::string> read_labels(JsonObject& fields)
{
    std::vector<std::string> labels = fields.strings("labels");
    const auto& known = model::modulations();
    for (const std::string& label : labels)
        if (label == "noise" || label == "unknown" ||
            std::none_of(known.begin(), known.end(),
                         [&](const auto& row) { return label == row.name || label == row.family; }))
            throw Error(
                { "unknown label", fields.where(), "'" + label + "'", "a class or a family of the class table" });
    if (labels.empty())
        fields.refuse("labels", "at least one label");
    return labels;
}

/// {"values": [...], "tolerance": relative} or {"from": , "to": }.
Fact read_fact(Quantity quantity, const json& value, const std::string& where)
{
    JsonObject fields(value, where + ": " + quantity_name(quantity));
    Fact fact{ quantity, {} };
    if (fields.has("from")) {
        const double from = fields.number("from", 0.0, kMaxNumber);
        fact.ranges.push_back({ from, fields.number("to", from, kMaxNumber) });
    } else {
        const double tolerance = fields.number("tolerance", 0.0, 0.5);
        for (const json& nominal : fields.list("values")) {
            if (!nominal.is_number() || !(nominal.get<double>() > 0.0 && nominal.get<double>() <= kMaxNumber))
                fields.refuse("values", "numbers above 0");
            fact.ranges.push_back(
                { nominal.get<double>() * (1.0 - tolerance), nominal.get<double>() * (1.0 + tolerance) });
        }
        if (fact.ranges.empty())
            fields.refuse("values", "at least one number");
    }
    fields.finish();
    return fact;
}

std::vector<Fact> read_facts(JsonObject& fields)
{
    std::vector<Fact> facts;
    if (!fields.has("measured"))
        return facts;
    const std::string where = fields.where() + ": measured";
    JsonObject measured(fields.at("measured"), where);
    for (const Quantity quantity : kFacts)
        if (const json* value = measured.find(quantity_name(quantity)))
            facts.push_back(read_fact(quantity, *value, where));
    measured.finish();
    return facts;
}

std::vector<double> read_raster(JsonObject& fields)
{
    std::vector<double> raster;
    if (fields.has("raster_hz"))
        for (const json& spacing : fields.list("raster_hz")) {
            if (!spacing.is_number() || !(spacing.get<double>() > 0.0))
                fields.refuse("raster_hz", "numbers above 0");
            raster.push_back(spacing.get<double>());
        }
    return raster;
}

System read_system(const json& value, const std::string& path, std::size_t number)
{
    const std::string where = path + ": system " + std::to_string(number);
    const std::string name = JsonObject(value, where).string("name");
    if (name.empty() || name.size() > kMaxName)
        throw Error(
            { "bad name", where, "'" + name.substr(0, 60) + "'", "1 to " + std::to_string(kMaxName) + " bytes" });
    JsonObject fields(value, path + ": system '" + name + "'");
    System system;
    system.name = fields.string("name");
    system.what = fields.string("what");
    system.bands = read_bands(fields);
    system.raster_hz = read_raster(fields);
    system.bandwidth_hz = read_range(fields.at("bandwidth_hz"), fields.where(), "bandwidth_hz", kMaxHz);
    system.labels = read_labels(fields);
    system.measured = read_facts(fields);
    if (fields.has("burst_s"))
        system.burst_s = read_range(fields.at("burst_s"), fields.where(), "burst_s", kMaxNumber);
    system.is_continuous = fields.has("continuous") && fields.boolean("continuous");
    system.sources = fields.strings("sources");
    if (system.sources.empty() || std::any_of(system.sources.begin(), system.sources.end(),
                                              [](const auto& source) { return source.empty(); }))
        fields.refuse("sources", "at least one public source");
    fields.finish();
    return system;
}

} // namespace

std::vector<System> read_systems(const std::string& path)
{
    const json file = parse_json(read_file(path, kMaxFileBytes), path, "an object with version and systems");
    JsonObject fields(file, path);
    fields.integer("version", 1, 1);
    std::vector<System> systems;
    std::set<std::string> names;
    for (const json& value : fields.list("systems")) {
        systems.push_back(read_system(value, path, systems.size() + 1));
        if (!names.insert(systems.back().name).second)
            throw Error({ "repeated system", path, "'" + systems.back().name + "'", "each name once" });
    }
    fields.finish();
    return systems;
}

std::vector<System> load_systems(const std::string& path)
{
    const std::string shipped = model::find_shared("systems.json");
    if (shipped.empty())
        throw Error({ "no table of systems", "", "",
                      "share/prunedamr/systems.json below the prefix of this installation" });
    std::vector<System> systems = read_systems(shipped);
    if (path.empty())
        return systems;
    for (System& own : read_systems(path)) {
        const auto same =
            std::find_if(systems.begin(), systems.end(), [&](const auto& s) { return s.name == own.name; });
        if (same != systems.end())
            *same = std::move(own);
        else
            systems.push_back(std::move(own));
    }
    return systems;
}

} // namespace prunedamr::systems
