// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/common/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <sstream>

namespace prunedamr::cli {
namespace {

/// "tcp:HOST:PORT or more" as the beginning that a user goes on from: "tcp:"; "mqtt://".
std::string beginning(const std::string& form)
{
    const std::string word = form.substr(0, form.find(' '));
    const std::size_t colon = word.find(':');
    if (colon == std::string::npos)
        return word;
    return word.substr(0, colon + (word.compare(colon, 3, "://") == 0 ? 3 : 1));
}

/// The values that an option may have or begin with, where there is a list of them.
std::vector<std::string> values(CLI::Option& option)
{
    std::vector<std::string> result;
    const std::string type = option.get_type_name();
    const std::size_t open = type.find('{'), close = type.find('}');
    if (open != std::string::npos && close != std::string::npos)
        result = CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
    std::istringstream help(value_help(option));
    for (std::string line; std::getline(help, line);)
        if (line.rfind("  ", 0) == 0 && line.size() > 2 && line[2] != ';')
            result.push_back(beginning(line.substr(2)));
    if (!result.empty() && help.str() != "")
        result.push_back("help");
    return result;
}

/// An option that takes neither one of a list nor a file has nothing to be completed with.
bool takes_file(const CLI::Option& option)
{
    const std::string type = option.get_type_name();
    return type.find("FILE") != std::string::npos || type.rfind(kModel, 0) == 0;
}

bool takes_value(const CLI::Option& option)
{
    return option.get_items_expected_max() > 0;
}

bool has_positional(CLI::App& app)
{
    const auto options = shown_options(app);
    return std::any_of(options.begin(), options.end(), [](const auto* option) { return option->get_positional(); });
}

template <typename List, typename Each>
std::string join(const List& list, const std::string& separator, Each&& each)
{
    std::string text;
    for (const auto& one : list)
        text += (text.empty() ? "" : separator) + each(one);
    return text;
}

std::string join(const std::vector<std::string>& list, const std::string& separator = " ")
{
    return join(list, separator, [](const std::string& one) { return one; });
}

/// Calls `visit` with each application and its path, "" for the program and "/synth/scene" for a subcommand.
void visit_all(CLI::App& app, const std::string& path,
               const std::function<void(CLI::App&, const std::string&)>& visit)
{
    visit(app, path);
    for (CLI::App* command : shown_subcommands(app))
        visit_all(*command, path + "/" + command->get_name(), visit);
}

std::string with(std::string text, const std::string& special, const std::string& before)
{
    for (std::size_t i = 0; (i = text.find_first_of(special, i)) != std::string::npos; i += before.size() + 1)
        text.insert(i, before);
    return text;
}

/// In single quotes, as bash and zsh read them.
std::string quoted(const std::string& text)
{
    std::string result = "'";
    for (const char c : text)
        result += c == '\'' ? "'\\''" : std::string(1, c);
    return result + "'";
}

std::string identifier(const std::string& text)
{
    std::string result = text;
    for (char& c : result)
        if (c == '-' || c == '/')
            c = '_';
    return result;
}

std::vector<std::string> names_of(const std::vector<CLI::App*>& commands)
{
    std::vector<std::string> result;
    for (const CLI::App* command : commands)
        result.push_back(command->get_name());
    return result;
}

// Words are taken from the line by blanks alone: bash divides them at colons and equal signs too, and takes back
// only what stands behind the last of these.
constexpr const char* kBash = R"sh(# Completion of {program} for bash.
_{id}()
{{
    local line=${{COMP_LINE:0:COMP_POINT}} command= option= value= word
    local current=${{line##*[[:blank:]]}}
    local -a before
    read -ra before <<<"${{line%"$current"}}"
    for word in "${{before[@]:1}}"; do
        case $command/$word in
        {commands}) command+=/$word ;;
        esac
    done
    option=${{before[-1]}}
    if [[ $current == --*=* ]]; then
        option=${{current%%=*}} current=${{current#*=}}
    fi
    local options= subcommands= files=
    case $command in
{tables}    esac
    case $command:$option in
{values}    esac
    COMPREPLY=()
    if [[ $value == files ]]; then
        return
    elif [[ $value == none ]]; then
        compopt +o default
        return
    elif [[ -n $value ]]; then
        COMPREPLY=($(compgen -W "$value" -- "$current"))
        [[ ${{#COMPREPLY[@]}} == 1 && ${{COMPREPLY[0]}} == *[:/] ]] && compopt -o nospace
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    else
        COMPREPLY=($(compgen -W "$subcommands" -- "$current"))
        if [[ -n $files && ${{#COMPREPLY[@]}} != 0 ]]; then
            compopt -o filenames
            mapfile -t -O ${{#COMPREPLY[@]}} COMPREPLY < <(compgen -f -- "$current")
        fi
    fi
    if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local kept=${{current%"${{current##*:}}"}}
        COMPREPLY=("${{COMPREPLY[@]#"$kept"}}")
    fi
}}
complete -o default -F _{id} {program}
)sh";

std::string bash(CLI::App& app)
{
    std::vector<std::string> commands;
    std::string tables, cases;
    visit_all(app, "", [&](CLI::App& one, const std::string& path) {
        if (!path.empty())
            commands.push_back(path);
        std::vector<std::string> options;
        for (CLI::Option* option : shown_options(one)) {
            const auto own = names(*option);
            options.insert(options.end(), own.begin(), own.end());
            if (takes_value(*option) && !own.empty()) {
                const auto list = values(*option);
                cases += fmt::format("    {}) value={} ;;\n",
                                     join(own, "|", [&](const auto& name) { return quoted(path + ":" + name); }),
                                     quoted(!list.empty() ? join(list) : takes_file(*option) ? "files" : "none"));
            }
        }
        tables += fmt::format("    {}) options={} subcommands={} files={} ;;\n", quoted(path), quoted(join(options)),
                              quoted(join(names_of(shown_subcommands(one)))), has_positional(one) ? "yes" : "");
    });
    return fmt::format(kBash, fmt::arg("program", app.get_name()), fmt::arg("id", identifier(app.get_name())),
                       fmt::arg("commands", commands.empty() ? "''" : join(commands, "|")),
                       fmt::arg("tables", tables), fmt::arg("values", cases));
}

/// A spec of _arguments for each name of an option.
void add_zsh_option(std::string& text, CLI::Option& option)
{
    const std::string about = with(option.get_description(), "[]\\", "\\");
    std::string action;
    if (takes_value(option)) {
        const auto list = values(option);
        action = ":value:" + (!list.empty()         ? "(" + with(join(list), ":", "\\") + ")"
                              : takes_file(option) ? "_files"
                                                   : " ");
    }
    const bool repeats = option.get_expected_max() > 1;
    for (const std::string& name : names(option))
        text += "        " + quoted((repeats ? "*" : "") + name + "[" + about + "]" + action) + " \\\n";
}

std::string zsh(CLI::App& app)
{
    const std::string program = identifier(app.get_name());
    std::string text = "#compdef " + app.get_name() + "\n# Completion of " + app.get_name() + " for zsh.\n";
    visit_all(app, "", [&](CLI::App& one, const std::string& path) {
        const auto commands = shown_subcommands(one);
        text += fmt::format("_{}{}()\n{{\n    local context state state_descr line\n    typeset -A opt_args\n"
                            "    _arguments -C \\\n",
                            program, identifier(path));
        for (CLI::Option* option : shown_options(one))
            add_zsh_option(text, *option);
        if (commands.empty()) {
            text += "        '*:file:_files'\n}\n";
            return;
        }
        const std::string list = join(commands, " ", [](const CLI::App* command) {
            return with(command->get_name(), ":", "\\") +
                   "\\:" + with(quoted(command->get_description()), ":()", "\\");
        });
        const std::string subcommand = "subcommand:((" + list + "))";
        const bool has_files = has_positional(one);
        text += "        " + quoted(has_files ? "1: :->first" : "1:" + subcommand) + " \\\n        '*::argument:->rest'\n";
        if (has_files)
            text += "    [[ $state == first ]] && _alternative " + quoted("subcommand:" + subcommand) + " 'file:file:_files'\n";
        text += "    [[ $state == rest ]] || return 0\n    case $line[1] in\n";
        for (const CLI::App* command : commands)
            text += fmt::format("    {0}) _{1}{2}_{3} ;;\n", command->get_name(), program, identifier(path),
                                identifier(command->get_name()));
        text += (has_files ? "    *) _files ;;\n" : "") + std::string("    esac\n}\n");
    });
    return text + "_" + program + " \"$@\"\n";
}

/// In single quotes, as fish reads them.
std::string fish_quoted(const std::string& text)
{
    return "'" + with(text, "\\'", "\\") + "'";
}

void add_fish_option(std::string& text, const std::string& line, CLI::Option& option)
{
    if (names(option).empty())
        return;
    text += line;
    for (const std::string& name : option.get_lnames())
        text += " -l " + name;
    for (const std::string& name : option.get_snames())
        text += " -s " + name;
    if (takes_value(option)) {
        const auto list = values(option);
        text += !list.empty() ? " -x -a " + fish_quoted(join(list)) : takes_file(option) ? " -r" : " -x";
    }
    text += " -d " + fish_quoted(option.get_description()) + "\n";
}

std::string fish(CLI::App& app)
{
    std::string text = "# Completion of " + app.get_name() + " for fish.\n";
    const std::string program = "complete -c " + app.get_name();
    visit_all(app, "", [&](CLI::App& one, const std::string& path) {
        std::string seen;
        for (const std::string& command : CLI::detail::split(path, '/'))
            if (!command.empty())
                seen += (seen.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + command);
        const auto commands = shown_subcommands(one);
        const std::string none_yet = "not __fish_seen_subcommand_from " + join(names_of(commands));
        const std::string condition = seen.empty() && !commands.empty() ? none_yet : seen;
        for (CLI::Option* option : shown_options(one))
            add_fish_option(text, program + (condition.empty() ? "" : " -n " + fish_quoted(condition)), *option);
        for (const CLI::App* command : commands)
            text += fmt::format("{} -n {} -a {} -d {}\n", program,
                                fish_quoted(seen.empty() ? none_yet : seen + "; and " + none_yet),
                                command->get_name(), fish_quoted(command->get_description()));
    });
    return text;
}

} // namespace

std::string completion(CLI::App& app, const std::string& shell)
{
    if (shell == "bash")
        return bash(app);
    if (shell == "zsh")
        return zsh(app);
    if (shell == "fish")
        return fish(app);
    throw CLI::ValidationError("--print-completion", "found " + shell + ", expected bash, zsh or fish");
}

} // namespace prunedamr::cli
