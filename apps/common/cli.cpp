// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/common/describe.h"
#include "apps/common/messages.h"
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
#include <memory>
#include <sstream>

namespace prunedamr::cli {
namespace {

std::string g_command_line;

/// An empty value of what names a file or an address is a variable of a shell that was never set.
void check_not_empty(const CLI::App& app)
{
    for (const CLI::Option* option : app.get_options()) {
        const std::string type = option->get_type_name();
        const bool names_something = type.find("FILE") != std::string::npos || type.rfind(kModel, 0) == 0 ||
                                     type.find("ADDRESS") != std::string::npos;
        for (const std::string& value : option->results())
            if (value.empty() && names_something)
                throw CLI::ValidationError(option->get_name(), "found '', expected " + expected_of(type));
    }
    for (const CLI::App* one : app.get_subcommands())
        check_not_empty(*one);
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
    app.parse_complete_callback([&app] {
        check_not_empty(app);
        check_files(app);
    });
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
    } catch (const CLI::ParseError& e) {
        return complain(app, plain(app, e) + " (see --help)", kUsage);
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
    app.set_config("--config", "", "read options from this file; the command line wins")->type_name(kInput);
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.set_version_flag("--version", std::string(kVersion));
    app.formatter(std::make_shared<Formatter>());
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
    option->type_name(kQuantity);
    return option;
}

CLI::Option* add_json(CLI::App& app, std::string& path, const std::string& help)
{
    return app.add_option("--json", path, help)->type_name(kOutput);
}

void write_json(const nlohmann::json& json, const std::string& path)
{
    if (!path.empty())
        write_text_atomically(path, json.dump(2) + "\n");
}

} // namespace prunedamr::cli
