// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/snippet_list.h"

#include "prunedamr/base/error.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/recording/sigmf_label.h"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <vector>

namespace prunedamr::receiver {
namespace {

std::string json_text(const nlohmann::ordered_json& json)
{
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string snippet_text(const std::string& name, const recording::SnippetLabel& said)
{
    using Json = nlohmann::ordered_json;
    const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    return json_text({ { "name", name },
                       { "label", said.label },
                       { "receiver_label", said.receiver_label },
                       { "author", or_null(said.author) },
                       { "time", or_null(said.time) },
                       { "event", said.event.empty() ? Json() : Json::parse(said.event) },
                       { "text", said.comment },
                       { "teaching", said.teaching.empty() ? Json() : Json::parse(said.teaching) } });
}

} // namespace

/// Labels replace the file, so that a change of it shows.
const SnippetList::Known& SnippetList::look_up(const std::string& name)
{
    const std::string path = folder_ + "/" + name;
    struct stat found {
    };
    ::stat((path + ".sigmf-meta").c_str(), &found); // all zeros where it has gone
    const std::int64_t time_ns =
        static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec;
    Known& known = known_[name];
    if (known.inode == found.st_ino && known.size == static_cast<std::uint64_t>(found.st_size) &&
        known.time_ns == time_ns)
        return known;
    known = { found.st_ino, static_cast<std::uint64_t>(found.st_size), time_ns, "", "" };
    try {
        const recording::SnippetLabel said = recording::read_label(path);
        known.text = snippet_text(name, said);
        if (said.is_of_person())
            known.label = said.label;
    } catch (const std::exception&) { // it has gone meanwhile, or is no snippet
    }
    return known;
}

std::string SnippetList::json(std::size_t limit)
{
    const auto names = folder_.empty() ? std::vector<std::string>() : recording::snippets_in(folder_);
    const std::set<std::string> there(names.begin(), names.end());
    for (auto known = known_.begin(); known != known_.end();)
        known = there.count(known->first) > 0 ? std::next(known) : known_.erase(known);
    std::set<std::string> classes;
    for (const auto& row : model::modulations())
        classes.insert(row.name);
    std::string list;
    std::size_t count = 0;
    for (auto name = names.rbegin(); name != names.rend() && count < limit; ++name) {
        const Known& known = look_up(*name);
        if (known.text.empty())
            continue;
        list += (count++ > 0 ? "," : "") + known.text;
        if (!known.label.empty())
            classes.insert(known.label);
    }
    return "{\"is_kept\":" + std::string(folder_.empty() ? "false" : "true") + ",\"snippets\":[" + list +
           "],\"total\":" + std::to_string(names.size()) + ",\"classes\":" + json_text(classes) + "}\n";
}

} // namespace prunedamr::receiver
