// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace prunedamr::cli {

/// Exit codes of every tool of the project.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1; ///< the work failed: a file, a model, an address
inline constexpr int kUsage = 2;  ///< the command line is wrong

/// Parses and runs (subcommands run as CLI11 callbacks). Whatever goes wrong ends as one line on stderr and an exit
/// code.
int run(CLI::App& app, int argc, char** argv);

/// The command line given to `run`, the program by its name alone: for the provenance of what it makes.
const std::string& command_line();

/// "PROGRAM: TEXT", a line on stderr. Any thread.
void print(const std::string& text);

/// "PROGRAM: warning: LINE; LINE" on stderr, in one line: what was strange and changed nothing.
void warn(const std::vector<std::string>& lines);

/// Adds `--config FILE` (CLI11's TOML/INI): it may hold any option, the command line wins. And `--version`.
void add_common(CLI::App& app);

/// Types of options whose values are files, which help shows and `check_files` goes by. No option's type is CLI11's own
/// "TEXT": whoever adds one says what its text is.
inline constexpr const char* kInput = "FILE";
inline constexpr const char* kOutput = "OUTFILE";
inline constexpr const char* kModel = "MODEL"; ///< a file, or the name of an installed model

/// "2.4M", "433.92M", "48k", "1e6" -> number; suffixes k, M, G are decimal. Throws CLI::ValidationError.
double number_with_suffix(const std::string& text);

inline constexpr const char* kQuantity = "NUMBER[k|M|G]"; ///< the type of an option with such a value

/// The same for the value of an option, which the error names.
double quantity(const std::string& option, const std::string& text);
double positive_quantity(const std::string& option, const std::string& text); ///< above 0

/// An option whose value is a number with an optional k/M/G suffix.
CLI::Option* add_quantity(CLI::App& app, const std::string& name, double& value, const std::string& help);

/// One of the forms "PREFIX:..." that the value of an option may have.
template <typename Kind> struct Choice {
    const char* prefix;
    const char* form;    ///< as a user writes it
    const char* meaning; ///< a few words
    Kind kind;
};

/// "help" as a value prints the choices and ends the program with exit code 0, as --version does.
void list_if_asked(const std::string& value, const std::string& choices);

/// A line for each choice.
template <typename Choices> std::string listing(const Choices& choices)
{
    std::string text;
    for (const auto& choice : choices) {
        const std::string form = choice.form, gap(form.size() < 26 ? 26 - form.size() : 0, ' ');
        text += (text.empty() ? "  " : "\n  ") + form + gap + " " + choice.meaning;
    }
    return text;
}

/// The kind that `prefix` names. Throws `CLI::ValidationError` naming the option and all prefixes.
template <typename Choices>
auto find_choice(const std::string& option, const std::string& prefix, const Choices& choices)
{
    std::string known;
    for (const auto& choice : choices) {
        if (prefix == choice.prefix)
            return choice.kind;
        known += (known.empty() ? "" : ", ") + std::string(choice.prefix);
    }
    throw CLI::ValidationError(option, "unknown kind: found " + prefix + ", expected one of " + known);
}

/// A rule for options that belong together. Throws `CLI::ValidationError`.
void require(bool condition, const char* option, const char* rule);

/// An option whose value is a list joined by commas, as one argument: what follows it is not part of it.
template <class T>
CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<T>& values, const std::string& help)
{
    auto* option = app.add_option(name, values, help)->delimiter(',')->allow_extra_args(false);
    if (std::is_same_v<T, std::string>)
        option->type_name("NAME");
    return option;
}

/// `--json OUTFILE`.
CLI::Option* add_json(CLI::App& app, std::string& path, const std::string& help);

/// Writes JSON, indented, atomically. Nothing for an empty path.
void write_json(const nlohmann::json& json, const std::string& path);

} // namespace prunedamr::cli
