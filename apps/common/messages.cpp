// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/messages.h"

#include "apps/common/cli.h"
#include "apps/common/describe.h"

#include <algorithm>
#include <map>
#include <regex>
#include <utility>
#include <vector>

namespace prunedamr::cli {
namespace {

std::vector<const CLI::App*> subcommands(const CLI::App& app)
{
    return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string joined(const std::vector<std::string>& words, const std::string& last = ", ")
{
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 == words.size() ? last : ", ") + words[i];
    return text;
}

/// Whether `word` is an option that takes the word behind it.
bool takes_next(const CLI::App& app, const std::string& word)
{
    const CLI::Option* option = word.find('=') == std::string::npos ? app.get_option_no_throw(word) : nullptr;
    return option && option->get_items_expected_max() > 0;
}

/// CLI11 has one text for what is no TOML and for what is no option.
std::string config_fault(const CLI::ConfigError& error)
{
    const std::string text = error.what(), common = "INI was not able to parse ";
    return text.rfind(common, 0) == 0 ? "neither an option nor TOML: found " + text.substr(common.size()) : text;
}

/// The innermost subcommand that was given.
const CLI::App& innermost(const CLI::App& app)
{
    for (const CLI::App* one : app.get_subcommands())
        if (!one->get_name().empty())
            return innermost(*one);
    return app;
}

/// How many letters must be changed, added or taken away (Levenshtein 1966).
std::size_t distance(const std::string& a, const std::string& b)
{
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j)
            diagonal = std::exchange(row[j], std::min({ row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]) }));
    }
    return row.back();
}

std::string unknown_word(const CLI::App& app, const std::string& word)
{
    if (word.empty() || word[0] != '-')
        return "unexpected argument: found '" + word + "'";
    const std::string name = word.substr(0, word.find('='));
    std::string nearest;
    std::size_t least = std::max<std::size_t>(3, name.size() / 3); // an exchange of two letters is two changes
    for (const CLI::App* one = &app; one; one = one->get_fallthrough() ? one->get_parent() : nullptr)
        for (CLI::Option* option : shown_options(const_cast<CLI::App&>(*one)))
            for (const std::string& known : names(*option))
                if (const std::size_t changes = distance(name, known);
                    known.size() > 2 && changes > 0 && 2 * changes < known.size() && (changes < least || known.rfind(name, 0) == 0)) {
                    nearest = known;
                    least = changes;
                }
    return "unknown option " + name + (nearest.empty() ? "" : ": did you mean " + nearest + "?");
}

/// The name of an option in a message of CLI11, which leaves out that of a hidden one.
std::string name_of(const CLI::App& app, const std::string& told, const std::string& type)
{
    for (const CLI::Option* option : app.get_options())
        if (told.empty() && !option->get_lnames().empty() && option->get_type_name() == type)
            return "--" + option->get_lnames().front();
    return told;
}

/// "0.500000" as "0.5".
std::string short_number(std::string text)
{
    if (text.find('.') != std::string::npos && text.find('e') == std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.')
            text.pop_back();
    }
    return text;
}

/// Of a range without an end CLI11 gives the largest number that there is.
std::string range_of(const std::string& low, const std::string& high)
{
    const bool has_end = high.size() <= 30 && high.find("e+308") == std::string::npos;
    return short_number(low) + (has_end ? " to " + short_number(high) : " or more");
}

} // namespace

std::string wrong_subcommand(const CLI::App& app, int argc, char** argv)
{
    const CLI::App* within = &app;
    std::string words;
    for (int i = 1; i < argc && within->get_require_subcommand_min() > 0; ++i) {
        if (argv[i][0] == '-') {
            i += takes_next(*within, argv[i]) ? 1 : 0;
            continue;
        }
        words += (words.empty() ? "" : " ") + std::string(argv[i]);
        const CLI::App* named = nullptr;
        std::vector<std::string> names;
        for (const CLI::App* subcommand : subcommands(*within)) {
            if (subcommand->get_name() == argv[i])
                named = subcommand;
            names.push_back(subcommand->get_name());
        }
        if (!named)
            return "unknown subcommand '" + words + "': expected " + joined(names);
        within = named;
    }
    return "";
}

std::string expected_of(const std::string& type)
{
    std::smatch parts;
    static const std::regex range(R"(.*in \[(\S+) - (\S+)\].*)"), set(R"(.*\{(.*)\}.*)");
    if (std::regex_match(type, parts, range))
        return range_of(parts[1], parts[2]);
    if (std::regex_match(type, parts, set))
        return joined(CLI::detail::split(parts[1], ','), " or ");
    static const std::map<std::string, std::string> words = { { "INT", "a whole number" },
                                                              { "UINT", "a whole number, 0 or more" },
                                                              { "FLOAT", "a number" },
                                                              { kInput, "a file" },
                                                              { kOutput, "a file to write" },
                                                              { kModel, "a model file, or the name of a model" } };
    const auto known = words.find(type.substr(0, type.find(':')));
    return known == words.end() ? type : known->second;
}

std::string plain(const CLI::App& app, const CLI::ParseError& error)
{
    const std::string text = error.what();
    const CLI::App& command = innermost(app);
    constexpr std::size_t kMostMatched = 4000; // characters: a long value is no matter for a regular expression
    if (const auto* config = dynamic_cast<const CLI::ConfigError*>(&error)) {
        const auto files = app.get_config_ptr() ? app.get_config_ptr()->results() : std::vector<std::string>();
        return (files.empty() ? "--config" : files.front()) + ": " + config_fault(*config);
    }
    if (text.size() > kMostMatched)
        return text;
    std::smatch parts;
    static const std::regex range(R"((.+): Value (.*) not in range \[?(\S+) (?:to|-) ([^\s\]]+)\]?)"),
        set(R"((.+): (.*) not in \{(.*)\})"), conversion(R"(Could not convert: (\S+) = (.*))"),
        missing(R"((.*): (?:\d+ required (.*) missing|At least \d+ required but received \d+))"),
        many(R"((.*): At Most (\d+) required but received (\d+))"),
        extras(R"(The following arguments? (?:was|were) not expected: (.*))");
    if (std::regex_match(text, parts, range))
        return parts.str(1) + ": found " + parts.str(2) + ", expected " + range_of(parts[3], parts[4]);
    if (std::regex_match(text, parts, set))
        return parts.str(1) + ": found " + parts.str(2) + ", expected " +
               joined(CLI::detail::split(parts[3], ','), " or ");
    if (std::regex_match(text, parts, conversion)) {
        const CLI::Option* option = command.get_option_no_throw(parts[1]);
        return parts.str(1) + ": found " + parts.str(2) + ", expected " +
               (option ? expected_of(option->get_type_name()) : "another value");
    }
    if (std::regex_match(text, parts, missing)) {
        const CLI::Option* option = command.get_option_no_throw(parts[1]);
        return name_of(command, parts[1], parts[2]) + ": found no value, expected " +
               expected_of(option ? option->get_type_name() : parts.str(2));
    }
    if (std::regex_match(text, parts, many))
        return parts.str(1) + ": found " + parts.str(3) + " values, expected " + (parts[2] == "1" ? "one" : parts.str(2));
    if (dynamic_cast<const CLI::ExtrasError*>(&error) && std::regex_match(text, parts, extras)) {
        const auto words = CLI::detail::split(parts[1], ' ');
        const auto option = std::find_if(words.begin(), words.end(), [](const auto& word) { return word[0] == '-'; });
        return unknown_word(command, option == words.end() ? parts.str(1) : *option);
    }
    if (text == "A subcommand is required") {
        std::vector<std::string> known;
        for (const CLI::App* one : subcommands(command))
            known.push_back(one->get_name());
        return "no subcommand: expected " + joined(known);
    }
    return text;
}

} // namespace prunedamr::cli
