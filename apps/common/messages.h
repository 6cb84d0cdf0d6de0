// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace prunedamr::cli {

/// CLI11's messages in the form of all others: where, what was found, what was expected; an unknown option with the one
/// that was meant, perhaps. A text that is not known stays as it is.
std::string plain(const CLI::App& app, const CLI::ParseError& error);

/// What is wrong where a word should be a subcommand and is none, else ""; CLI11 itself only says that one is missing.
std::string wrong_subcommand(const CLI::App& app, int argc, char** argv);

/// What an option of this type (CLI11's, checks included) takes, in words: "1 to 64", "a whole number".
std::string expected_of(const std::string& type);

} // namespace prunedamr::cli
