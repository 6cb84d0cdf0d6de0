// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace prunedamr::cli {

/// Of --help and of the manual page: the type of an option with its default and the range of its values, once.
class Formatter : public CLI::Formatter
{
public:
    std::string make_option_opts(const CLI::Option* option) const override;
};

/// The manual page of a program, made from its table of options and subcommands: roff with the man macros,
/// section 1.
std::string manual(CLI::App& app);

/// A script that completes its options, their values and its subcommands in "bash", "zsh" or "fish". Throws
/// `CLI::ValidationError` for another shell.
std::string completion(CLI::App& app, const std::string& shell);

/// The hidden options --print-man and --print-completion SHELL, which print these and end the program.
void add_describing_options(CLI::App& app);

/// What is shown of an application: its groups of options, its subcommands, and its options, by heading ("": all, those of
/// its groups too), that are not hidden.
std::vector<CLI::App*> option_groups(CLI::App& app);
std::vector<CLI::App*> shown_subcommands(CLI::App& app);
std::vector<CLI::Option*> shown_options(CLI::App& app, const std::string& group = "");

/// "--name", and "-n"; empty for a positional argument.
std::vector<std::string> names(const CLI::Option& option);

/// What the option prints for the value `help`, where its description speaks of 'help'; else "".
std::string value_help(CLI::Option& option);

} // namespace prunedamr::cli
