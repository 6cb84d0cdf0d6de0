// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/model/logits.h"
#include "prunedamr/recording/sigmf_label.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace prunedamr::tool {
namespace {

using recording::SnippetLabel;

struct Options {
    std::string folder, author = recording::account_name(), json;
    std::vector<std::string> set;
    bool list = false, all = false;
};

std::vector<std::pair<std::string, double>> candidates_of(const SnippetLabel& said)
{
    std::vector<std::pair<std::string, double>> candidates;
    const auto event = nlohmann::json::parse(said.event, nullptr, false);
    const auto top = event.is_object() ? event.value("top", nlohmann::json::array()) : nlohmann::json::array();
    for (const auto& one : top)
        if (one.is_array() && one.size() == 2 && one[0].is_string() && one[1].is_number() &&
            one[0] != "unknown")
            candidates.emplace_back(one[0].get<std::string>(), one[1].get<double>());
    return candidates;
}

double score_of(const SnippetLabel& said)
{
    const auto teaching = nlohmann::json::parse(said.teaching, nullptr, false);
    return teaching.is_object() ? teaching.value("score", 0.0) : 0.0;
}

/// By their names; recordings that are no snippets, or damaged, are named and left out.
std::map<std::string, SnippetLabel> snippets(const Options& options)
{
    std::map<std::string, SnippetLabel> found;
    for (const std::string& name : recording::snippets_in(options.folder))
        try {
            found.emplace(name, recording::read_label(options.folder + "/" + name));
        } catch (const Error& failure) {
            cli::warn({ failure.what() });
        }
    if (found.empty())
        throw Error({ "no snippets", options.folder, "", "recordings of prunedamr-rx --snippets" });
    return found;
}

/// NAME=LABEL; names may hold no "=".
void set(const Options& options)
{
    const auto names = snippets(options);
    std::vector<std::pair<std::string, std::string>> wanted;
    for (const std::string& text : options.set) {
        const auto equals = text.find('=');
        const std::string name = text.substr(0, equals);
        if (equals == std::string::npos)
            throw CLI::ValidationError("--set", "found " + text + ", expected NAME=LABEL, or NAME= for the receiver's own");
        if (names.count(name) == 0)
            throw InvalidArgument(
                { "there is no such snippet", options.folder, "'" + name + "'", "a name of --list" });
        wanted.emplace_back(name, text.substr(equals + 1));
    }
    for (const auto& [name, label] : wanted)
        recording::set_label(options.folder + "/" + name, label, options.author, system_time_ns());
}

void list(const Options& options)
{
    nlohmann::ordered_json report = nlohmann::ordered_json::array();
    for (const auto& [name, said] : snippets(options)) {
        std::printf(
            "%s  %s  %s\n", name.c_str(), said.label.c_str(),
            said.is_of_person()
                ? fmt::format("by {} at {}, receiver: {}", said.author, said.time, said.receiver_label).c_str()
                : said.comment.c_str());
        report.push_back({ { "name", name },
                           { "label", said.label },
                           { "receiver_label", said.receiver_label },
                           { "author", said.author },
                           { "time", said.time },
                           { "score", score_of(said) } });
    }
    cli::write_json(report, options.json);
}

std::optional<std::string> answer_to(const std::string& question)
{
    std::printf("%s", question.c_str());
    std::fflush(stdout);
    std::string line;
    return std::getline(std::cin, line) ? std::optional(line) : std::nullopt;
}

/// A label, nothing to go on with the next one, or none to stop. `taken`: new classes that need no second question.
std::optional<std::string> ask(const std::string& name, const SnippetLabel& said, std::set<std::string>& taken)
{
    std::printf("\n%s\n  the receiver says %s: %s\n", name.c_str(), said.receiver_label.c_str(), said.comment.c_str());
    const auto candidates = candidates_of(said);
    for (std::size_t i = 0; i < candidates.size(); ++i)
        std::printf("  %zu  %s  %.2f\n", i + 1, candidates[i].first.c_str(), candidates[i].second);
    std::printf("  u  unknown\n");
    while (const auto line = answer_to("  number, u, another class, a new name; nothing: the next one; q: end > ")) {
        if (*line == "q")
            return std::nullopt;
        if (*line == "u")
            return model::kUnknownLabel;
        if (!line->empty() && line->find_first_not_of("0123456789") == std::string::npos) {
            const auto number = line->size() == 1 ? static_cast<std::size_t>((*line)[0] - '0') : candidates.size() + 1;
            if (number >= 1 && number <= candidates.size())
                return candidates[number - 1].first;
            std::printf("  there is no candidate %s\n", line->c_str());
            continue;
        }
        if (line->empty() || model::find_modulation(*line) || taken.count(*line) > 0)
            return line;
        const auto is_meant = answer_to("  " + *line + " is a class of no model: a new one? y > ");
        if (is_meant && (*is_meant == "y" || *is_meant == "Y"))
            return *taken.insert(*line).first;
    }
    return std::nullopt;
}

/// Those that teach most come first.
void ask_all(const Options& options)
{
    std::vector<std::pair<std::string, SnippetLabel>> waiting;
    std::set<std::string> taken;
    for (auto& [name, said] : snippets(options)) {
        if (said.is_of_person())
            taken.insert(said.label);
        if (options.all || !said.is_of_person())
            waiting.emplace_back(name, std::move(said));
    }
    std::stable_sort(waiting.begin(), waiting.end(),
                     [](const auto& a, const auto& b) { return score_of(a.second) > score_of(b.second); });
    int labeled = 0;
    for (const auto& [name, said] : waiting) {
        const auto label = ask(name, said, taken);
        if (!label)
            break;
        if (label->empty())
            continue;
        try {
            recording::set_label(options.folder + "/" + name, *label, options.author, system_time_ns());
            ++labeled;
        } catch (const Error& failure) {
            std::printf("  %s\n", failure.what());
        }
    }
    std::printf("\n%d of %zu labeled\n", labeled, waiting.size());
}

} // namespace

void add_label(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command =
        app.add_subcommand("label", "label the snippets that a receiver has kept (prunedamr-rx --snippets)");
    command->add_option("folder", options->folder, "folder of the snippets")->type_name("FOLDER")->required();
    command->add_flag("--list", options->list, "print names, labels and who has set them, and ask nothing");
    command
        ->add_option(
            "--set", options->set,
            "label one and ask nothing; the label is a class, a new one too, or unknown; NAME= brings the receiver's "
            "back; repeatable")
        ->type_name("NAME=LABEL")
        ->allow_extra_args(false);
    command->add_flag("--all", options->all, "ask about those, too, that a person has labeled");
    command
        ->add_option("--author", options->author,
                     "name to record as author (default: the account)")
        ->type_name("NAME");
    command->add_option("--json", options->json, "write the list as JSON to this file")->type_name(cli::kOutput);
    command->callback([options] {
        if (!options->set.empty())
            set(*options);
        if (options->list || !options->json.empty())
            list(*options);
        else if (options->set.empty())
            ask_all(*options);
    });
}

} // namespace prunedamr::tool
