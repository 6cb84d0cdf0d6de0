// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/common/describe.h"
#include "apps/common/output.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/text.h"
#include "prunedamr/base/version.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sstream>

namespace prunedamr::cli {
namespace {

std::string g_command_line;

std::vector<const CLI::App*> subcommands(const CLI::App& app)
{
    return app.get_subcommands([](const CLI::App*) { return true; });
}

/// What is wrong where a word should be a subcommand and is none; CLI11 itself only says that one is missing.
std::string wrong_subcommand(const CLI::App& app, int argc, char** argv)
{
    const CLI::App* within = &app;
    std::string words;
    for (int i = 1; i < argc && argv[i][0] != '-' && within->get_require_subcommand_min() > 0; ++i) {
        words += (words.empty() ? "" : " ") + std::string(argv[i]);
        const CLI::App* named = nullptr;
        std::string names;
        for (const CLI::App* subcommand : subcommands(*within)) {
            if (subcommand->get_name() == argv[i])
                named = subcommand;
            names += (names.empty() ? "" : ", ") + subcommand->get_name();
        }
        if (!named)
            return "unknown subcommand '" + words + "': expected " + names;
        within = named;
    }
    return "";
}

/// CLI11 has one text for what is no TOML and for what is no option.
std::string config_fault(const CLI::ConfigError& error)
{
    const std::string text = error.what(), common = "INI was not able to parse ";
    return text.rfind(common, 0) == 0 ? "neither an option nor TOML: found " + text.substr(common.size()) : text;
}

int complain(const CLI::App& app, const std::string& message, int code)
{
    std::string line = message;
    for (char& c : line)
        if (c == '\n')
            c = ' ';
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), printable(line).c_str());
    return code;
}

/// Runs what was asked for, its output checked to the end; --help and --version are output too.
void parse(CLI::App& app, int argc, char** argv)
{
    SafeOutput output;
    if (!subcommands(app).empty()) // the outputs of a program without are of its own kinds
        app.parse_complete_callback([&app] { check_files(app); });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success))
            throw;
        std::ostringstream text;
        app.exit(e, text);
        std::fputs(text.str().c_str(), stdout);
    }
    output.check();
}

} // namespace

int run(CLI::App& app, int argc, char** argv)
{
    g_command_line = app.get_name();
    for (int i = 1; i < argc; ++i)
        g_command_line += std::string(" ") + argv[i];
    if (const std::string wrong = wrong_subcommand(app, argc, argv); !wrong.empty())
        return complain(app, wrong, kUsage);
    try {
        parse(app, argc, argv);
        return kDone;
    } catch (const CLI::ConfigError& e) {
        const auto& files = app.get_config_ptr()->results();
        return complain(app, (files.empty() ? std::string("--config") : files.front()) + ": " + config_fault(e),
                        kUsage);
    } catch (const CLI::ParseError& e) {
        return complain(app, std::string(e.what()) + " (see --help)", kUsage);
    } catch (const std::bad_alloc&) {
        return complain(app, "out of memory", kFailed);
    } catch (const std::exception& e) {
        return complain(app, e.what(), kFailed);
    }
}

void print(const std::string& text)
{
    const std::string program = g_command_line.substr(0, g_command_line.find(' '));
    std::fprintf(stderr, "%s: %s\n", program.c_str(), printable(text).c_str());
}

void warn(const std::vector<std::string>& lines)
{
    std::string text;
    for (const auto& line : lines)
        text += (text.empty() ? "" : "; ") + line;
    if (!text.empty())
        print("warning: " + text);
}

const std::string& command_line()
{
    return g_command_line;
}

void add_common(CLI::App& app)
{
    app.set_config("--config", "", "read options from this file; the command line wins");
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.set_version_flag("--version", std::string(kVersion));
    app.get_formatter()->column_width(34);
    add_describing_options(app);
}

// CLI::AsNumberWithUnit hands its product on as text of six digits: 868.3125M would become 868312000.
double number_with_suffix(const std::string& text)
{
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const std::string suffix(end);
    double scale = 1.0;
    if (suffix == "k")
        scale = 1e3;
    else if (suffix == "M")
        scale = 1e6;
    else if (suffix == "G")
        scale = 1e9;
    if (end == text.c_str() || (scale == 1.0 && !suffix.empty()) || !std::isfinite(value))
        throw CLI::ValidationError("'" + text + "' is not a number with an optional suffix k, M or G");
    return value * scale;
}

double quantity(const std::string& option, const std::string& text)
{
    try {
        return number_with_suffix(text);
    } catch (const CLI::ValidationError& error) {
        throw CLI::ValidationError(option, error.what());
    }
}

double positive_quantity(const std::string& option, const std::string& text)
{
    const double value = quantity(option, text);
    if (value <= 0.0)
        throw CLI::ValidationError(option, "found " + text + ", expected a number above 0");
    return value;
}

void list_if_asked(const std::string& value, const std::string& choices)
{
    if (value == "help")
        throw CLI::CallForVersion(choices, 0);
}

void require(bool condition, const char* option, const char* rule)
{
    if (!condition)
        throw CLI::ValidationError(option, rule);
}

CLI::Option* add_quantity(CLI::App& app, const std::string& name, double& value, const std::string& help)
{
    auto* option = app.add_option_function<std::string>(
        name, [&value, name](const std::string& text) { value = quantity(name, text); }, help);
    option->type_name("NUMBER[k|M|G]");
    return option;
}

CLI::Option* add_json(CLI::App& app, std::string& path, const std::string& help)
{
    return app.add_option_function<std::string>(
        "--json",
        [&path](const std::string& text) {
            check_writable(text);
            path = text;
        },
        help);
}

void write_json(const nlohmann::json& json, const std::string& path)
{
    if (!path.empty())
        write_text_atomically(path, json.dump(2) + "\n");
}

} // namespace prunedamr::cli
