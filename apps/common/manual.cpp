// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/common/describe.h"
#include "apps/common/messages.h"

#include "prunedamr/base/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace prunedamr::cli {
namespace {

/// Text as roff shows it: what is a command or a ligature of roff is escaped.
std::string roff(const std::string& text)
{
    std::string result;
    for (const char c : text) {
        const bool begins = result.empty() || result.back() == '\n';
        switch (c) {
        case '\\':
            result += "\\e";
            break;
        case '-':
            result += "\\-";
            break;
        case '\'':
            result += "\\(aq";
            break;
        case '`':
            result += "\\(ga";
            break;
        case '^':
            result += "\\(ha";
            break;
        case '~':
            result += "\\(ti";
            break;
        case '.':
            result += begins ? "\\&." : ".";
            break;
        case ',':
            result += ",\\:";
            break; // a long list may be broken there
        default:
            result += c;
        }
    }
    return result;
}

std::string bold(const std::string& text)
{
    return "\\fB" + roff(text) + "\\fR";
}

std::string upper(std::string text)
{
    for (char& c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

void add_entry(std::string& page, const std::string& tag, const std::string& text)
{
    page += ".TP\n" + tag + "\n" + roff(text) + "\n";
}

/// Names, type, default and text, as --help has them.
void add_option(std::string& page, const CLI::Option& option, bool positional)
{
    std::string tag;
    for (const std::string& name : positional ? std::vector{ option.get_name(true) } : names(option))
        tag += (tag.empty() ? "" : ", ") + bold(name);
    add_entry(page, tag + roff(Formatter().make_option_opts(&option)), option.get_description());
}

void add_options(std::string& page, CLI::App& app)
{
    for (const CLI::Option* option : shown_options(app))
        if (option->get_positional() && names(*option).empty())
            add_option(page, *option, true);
    for (const std::string& group : app.get_groups()) {
        if (group.empty())
            continue;
        const auto options = shown_options(app, group);
        if (group != "Options" && !options.empty())
            page += ".PP\n" + bold(group + ":") + "\n";
        for (const CLI::Option* option : options)
            if (!names(*option).empty())
                add_option(page, *option, false);
    }
    for (CLI::App* group : option_groups(app)) {
        page += ".PP\n" + bold(group->get_description() + " (" + group->get_group() + "):") + "\n";
        add_options(page, *group);
    }
}

/// The lines of `listing` are "  FORM   MEANING", or a sentence between two lists.
void add_value_help(std::string& page, CLI::App& app)
{
    for (CLI::Option* option : shown_options(app)) {
        const std::string help = value_help(*option);
        if (help.empty())
            continue;
        page += ".SH VALUES OF " + roff(names(*option).front()) + "\n";
        std::istringstream lines(help);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t gap = line.find("  ", 2);
            const std::size_t meaning =
                gap == std::string::npos ? line.find(' ', 2) : line.find_first_not_of(' ', gap);
            if (line.rfind("  ", 0) == 0)
                add_entry(page, bold(line.substr(2, line.find_last_not_of(' ', meaning - 1) - 1)),
                          meaning == std::string::npos ? "" : line.substr(meaning));
            else if (!line.empty())
                page += ".PP\n" + roff(line) + "\n";
        }
    }
}

std::string usage(const CLI::App& app, const std::string& name)
{
    std::string text = bold(name) + " [\\fIOPTION\\fR]...";
    for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return o->get_positional(); }))
        text += " \\fI" + roff(CLI::Formatter().make_option_usage(option)) + "\\fR";
    return text + "\n";
}

void add_subcommands(std::string& page, CLI::App& app, const std::string& path)
{
    for (CLI::App* command : shown_subcommands(app)) {
        const std::string name = path + " " + command->get_name();
        page += ".SS " + roff(name.substr(name.find(' ') + 1)) + "\n" + usage(*command, name);
        page += ".PP\n" + roff(command->get_description()) + "\n";
        add_options(page, *command);
        add_subcommands(page, *command, name);
    }
}

} // namespace

std::string manual(CLI::App& app)
{
    const std::string name = app.get_name();
    std::string summary = app.get_description();
    if (!summary.empty() && summary.back() == '.')
        summary.pop_back();
    std::string page = fmt::format(".TH {} 1 \"\" \"gr\\-prunedamr {}\" \"User Commands\"\n.nh\n.ad l\n",
                                   roff(upper(name)), kVersion);
    page += ".SH NAME\n" + roff(name) + " \\- " + roff(summary) + "\n.SH SYNOPSIS\n" + usage(app, name);
    if (!shown_subcommands(app).empty())
        page += ".br\n" + bold(name) + " \\fISUBCOMMAND\\fR [\\fIOPTION\\fR]...\n";
    page += ".SH OPTIONS\n";
    add_options(page, app);
    add_value_help(page, app);
    if (!shown_subcommands(app).empty())
        page += ".SH SUBCOMMANDS\n";
    add_subcommands(page, app, name);
    page += ".SH EXIT STATUS\n";
    add_entry(page, std::to_string(kDone), "The work is done.");
    add_entry(page, std::to_string(kFailed), "The work failed: a file, a model, an address.");
    add_entry(page, std::to_string(kUsage), "The command line is wrong.");
    page += ".SH SEE ALSO\n" + bold(name == "prunedamr" ? "prunedamr-rx" : "prunedamr") + "(1)\n";
    return page;
}

std::string Formatter::make_option_opts(const CLI::Option* option) const
{
    if (option->get_type_size() == 0)
        return "";
    const std::string type = option->get_type_name(), word = type.substr(0, type.find(':'));
    const bool has_list = type.find('{') != std::string::npos;
    std::string text = " " + (has_list ? type.substr(type.find('{')) : word);
    if (!option->get_default_str().empty())
        text += "=" + option->get_default_str();
    if (option->get_expected_max() == CLI::detail::expected_max_vector_size)
        text += " ...";
    if (type != word && !has_list)
        text += " (" + expected_of(type) + ")";
    if (option->get_required())
        text += " (required)";
    for (const CLI::Option* other : option->get_needs())
        text += " (with " + other->get_name() + ")";
    for (const CLI::Option* other : option->get_excludes())
        text += " (without " + other->get_name() + ")";
    return text;
}

void add_describing_options(CLI::App& app)
{
    app.add_flag_callback("--print-man", [&app] { throw CLI::CallForVersion(manual(app), 0); })
        ->configurable(false)
        ->group("");
    app.add_option_function<std::string>(
           "--print-completion",
           [&app](const std::string& shell) { throw CLI::CallForVersion(completion(app, shell), 0); })
        ->type_name("bash, zsh or fish")
        ->configurable(false)
        ->group("");
}

std::vector<CLI::App*> option_groups(CLI::App& app)
{
    return app.get_subcommands(
        [](const CLI::App* group) { return group->get_name().empty() && !group->get_group().empty(); });
}

std::vector<CLI::App*> shown_subcommands(CLI::App& app)
{
    return app.get_subcommands(
        [](const CLI::App* command) { return !command->get_name().empty() && !command->get_group().empty(); });
}

/// Each subcommand has its own --help, which its program's speaks for.
std::vector<CLI::Option*> shown_options(CLI::App& app, const std::string& group)
{
    auto options = app.get_options([&](const CLI::Option* option) {
        const bool help_again = app.get_parent() && option == app.get_help_ptr();
        return !option->get_group().empty() && !help_again && (group.empty() || option->get_group() == group);
    });
    if (group.empty())
        for (CLI::App* one : option_groups(app))
            for (CLI::Option* option : shown_options(*one))
                options.push_back(option);
    return options;
}

std::vector<std::string> names(const CLI::Option& option)
{
    std::vector<std::string> result;
    for (const std::string& name : option.get_lnames())
        result.push_back("--" + name);
    for (const std::string& name : option.get_snames())
        result.push_back("-" + name);
    return result;
}

std::string value_help(CLI::Option& option)
{
    if (option.get_description().find("'help'") == std::string::npos)
        return "";
    try {
        option.clear();
        option.add_result("help");
        option.run_callback();
    } catch (const CLI::CallForVersion& listing) {
        option.clear();
        return listing.what();
    }
    throw std::logic_error(option.get_name() + " speaks of the value help, and has none");
}

} // namespace prunedamr::cli
