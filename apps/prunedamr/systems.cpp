// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/text.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/systems/system_table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

namespace prunedamr::tool {
namespace {

using systems::Range;
using systems::System;

struct Options {
    std::string text, file, label, json;
    double at_hz = 0.0, width_hz = 0.0;
};

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

bool is_at(const System& system, const systems::Band& band, double hz)
{
    const double slack = 0.5 * std::min(system.bandwidth_hz.to, 0.02 * band.hz.to);
    return hz >= band.hz.from - slack && hz <= band.hz.to + slack;
}

/// Those that have a frequency in a narrow band come before those that have it in a wide one.
void sort_by_band(std::vector<System>& systems, double hz)
{
    for (System& system : systems)
        std::stable_partition(system.bands.begin(), system.bands.end(),
                              [&](const systems::Band& band) { return is_at(system, band, hz); });
    std::stable_sort(systems.begin(), systems.end(), [](const System& a, const System& b) {
        const auto width = [](const System& system) {
            return system.bands.front().hz.to - system.bands.front().hz.from;
        };
        return width(a) < width(b);
    });
}

bool fits(const System& system, const Options& options)
{
    const auto in = [](double value, Range range) { return value >= range.from && value <= range.to; };
    const auto at = [&](const systems::Band& band) { return is_at(system, band, options.at_hz); };
    const auto family = [](const std::string& label) { // "FSK", another name of 2FSK, is a family here
        const auto& rows = model::modulations();
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return label == r.name; });
        return row == rows.end() ? label : std::string(row->family);
    };
    const auto has = [&](const std::string& label) {
        return label == options.label || family(label) == options.label || label == family(options.label);
    };
    return (options.at_hz <= 0.0 || std::any_of(system.bands.begin(), system.bands.end(), at)) &&
           (options.width_hz <= 0.0 || in(options.width_hz, system.bandwidth_hz)) &&
           (options.label.empty() || std::any_of(system.labels.begin(), system.labels.end(), has)) &&
           lower(system.name + " " + system.what).find(lower(options.text)) != std::string::npos;
}

/// "9.6 k", "62.5 u": to six digits.
std::string scaled(double value)
{
    struct Prefix {
        double size;
        const char* name;
    };
    static constexpr std::array<Prefix, 6> prefixes{
        { { 1e9, " G" }, { 1e6, " M" }, { 1e3, " k" }, { 1.0, " " }, { 1e-3, " m" }, { 1e-6, " u" } }
    };
    const auto* prefix = std::find_if(prefixes.begin(), prefixes.end() - 1,
                                      [&](const Prefix& p) { return value >= 0.9999999 * p.size; });
    return fmt::format("{:.6g}{}", value / prefix->size, prefix->name);
}

std::string scaled(Range range, const char* unit)
{
    const double middle = 0.5 * (range.from + range.to), half = 0.5 * (range.to - range.from);
    if (half > 0.2 * middle)
        return scaled(range.from) + unit + " to " + scaled(range.to) + unit;
    const double percent = 100.0 * half / middle;
    return scaled(middle) + unit + (percent < 0.15 ? "" : fmt::format(" +-{:.2g} %", percent));
}

std::string plain(Range range)
{
    const double middle = 0.5 * (range.from + range.to);
    return range.to - range.from <= 4e-3 * middle ? fmt::format("{:.6g}", middle)
                                                  : fmt::format("{:.4g} to {:.4g}", range.from, range.to);
}

/// The unit that ends a key: "symbol_rate_hz" is in Hz.
std::string in_words(const systems::Fact& fact)
{
    const std::string key = measure::quantity_name(fact.quantity);
    const auto ends_in = [&](const std::string& end) {
        return key.size() > end.size() && key.compare(key.size() - end.size(), end.size(), end) == 0;
    };
    const char* unit = ends_in("_hz_per_s") ? "Hz/s" : ends_in("_hz") ? "Hz" : ends_in("_s") ? "s" : nullptr;
    std::string text;
    for (const Range& range : fact.ranges)
        text += (text.empty() ? "" : ", ") + (unit ? scaled(range, unit) : plain(range));
    return text;
}

template <typename List> std::string joined(const List& list, const char* separator = " ")
{
    return fmt::format("{}", fmt::join(list, separator));
}

/// In the order of the file, each region once; `region` empty: every one, without its name.
std::string frequencies(const System& system, const std::string& region)
{
    std::string text;
    for (const auto& band : system.bands) {
        if (!region.empty() && band.region != region)
            continue;
        text += text.empty() ? "" : ", ";
        text += band.hz.from == band.hz.to ? fmt::format("{:.10g}", 1e-6 * band.hz.from)
                                           : fmt::format("{:.10g}-{:.10g}", 1e-6 * band.hz.from, 1e-6 * band.hz.to);
    }
    return text;
}

void print_line(const System& system)
{
    std::string mhz = frequencies(system, "");
    if (mhz.size() > 32)
        mhz = mhz.substr(0, mhz.rfind(',', 30)) + ", ...";
    fmt::print("{:<32} {:<34} {:<20} {}\n", printable(system.name), mhz, joined(system.labels).substr(0, 20),
               printable(system.what));
}

void print_whole(const System& system)
{
    const auto row = [](const std::string& name, const std::string& value) {
        fmt::print("  {:<24}{}\n", name, value);
    };
    fmt::print("{}: {}\n", printable(system.name), printable(system.what));
    std::vector<std::string> regions;
    for (const auto& band : system.bands)
        if (std::find(regions.begin(), regions.end(), band.region) == regions.end())
            regions.push_back(band.region);
    for (const auto& region : regions)
        row(printable(region), frequencies(system, region) + " MHz");
    if (!system.raster_hz.empty()) {
        std::string raster;
        for (const double spacing : system.raster_hz)
            raster += (raster.empty() ? "" : ", ") + scaled(spacing) + "Hz";
        row("channel spacing", raster);
    }
    row("bandwidth", scaled(system.bandwidth_hz, "Hz"));
    row("modulation", joined(system.labels));
    for (const auto& fact : system.measured)
        row(measure::quantity_name(fact.quantity), in_words(fact));
    if (system.burst_s)
        row("burst", scaled(*system.burst_s, "s"));
    if (system.is_continuous)
        row("on the air", "continuously");
    for (const auto& source : system.sources)
        row("source", printable(source));
}

nlohmann::json to_json(const std::vector<System>& systems)
{
    auto rows = nlohmann::json::array();
    for (const System& system : systems) {
        nlohmann::json row = { { "name", system.name },
                               { "what", system.what },
                               { "bandwidth_hz", { system.bandwidth_hz.from, system.bandwidth_hz.to } },
                               { "labels", system.labels },
                               { "continuous", system.is_continuous },
                               { "sources", system.sources } };
        for (const auto& band : system.bands)
            row["bands_mhz"][band.region].push_back({ 1e-6 * band.hz.from, 1e-6 * band.hz.to });
        for (const auto& fact : system.measured)
            for (const Range& range : fact.ranges)
                row["measured"][measure::quantity_name(fact.quantity)].push_back({ range.from, range.to });
        if (!system.raster_hz.empty())
            row["raster_hz"] = system.raster_hz;
        if (system.burst_s)
            row["burst_s"] = { system.burst_s->from, system.burst_s->to };
        rows.push_back(row);
    }
    return rows;
}

void run_systems(const Options& options)
{
    const auto& classes = model::modulations();
    if (!options.label.empty() && std::none_of(classes.begin(), classes.end(), [&](const auto& row) {
            return options.label == row.name || options.label == row.family;
        }))
        throw CLI::ValidationError("--label",
                                   "found " + options.label + ", expected a class or a family: GFSK, PSK");
    std::vector<System> found = systems::load_systems(options.file);
    found.erase(
        std::remove_if(found.begin(), found.end(), [&](const System& system) { return !fits(system, options); }),
        found.end());
    if (options.at_hz > 0.0)
        sort_by_band(found, options.at_hz);
    constexpr std::size_t kMostWhole = 3;
    for (const System& system : found)
        found.size() <= kMostWhole ? print_whole(system) : print_line(system);
    if (found.size() > kMostWhole)
        fmt::print("{} systems; a name shows all that is known of it\n", found.size());
    else if (found.empty())
        fmt::print("No system of the table fits\n");
    cli::write_json({ { "systems", to_json(found) } }, options.json);
}

} // namespace

void add_systems(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command =
        app.add_subcommand("systems", "list radio systems: frequencies, bandwidth, modulation, numbers, sources");
    command->add_option("text", options->text, "a part of the name, or of what it is")->type_name("WORD");
    cli::add_quantity(*command, "--at", options->at_hz, "those that have this frequency in a band [Hz]: 433.92M");
    cli::add_quantity(*command, "--bandwidth", options->width_hz, "those that are so wide [Hz]: 12.5k");
    command->add_option("--label", options->label, "those of this class or family: GFSK, OFDM, PSK")->type_name("LABEL");
    command->add_option("--systems", options->file,
                        "a table of your own, which replaces systems by name and adds others")
        ->type_name(cli::kInput);
    cli::add_json(*command, options->json, "all of it as JSON");
    command->callback([options] { run_systems(*options); });
}

} // namespace prunedamr::tool
