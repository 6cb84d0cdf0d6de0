// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/sigmf_label.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/time.h"
#include "prunedamr/recording/recording.h"
#include "prunedamr/recording/sigmf_meta.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <pwd.h>
#include <unistd.h>

namespace prunedamr::recording {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kMaxLabel = 24, kMaxAuthor = 64; ///< bytes
constexpr const char* kAuthor = "prunedamr:author";
constexpr const char* kTime = "prunedamr:datetime";
constexpr const char* kReceiverLabel = "prunedamr:receiver_label";
constexpr const char* kReceiverGenerator = "prunedamr:receiver_generator";
constexpr const char* kEvent = "prunedamr:event";
constexpr const char* kTeaching = "prunedamr:teaching";

struct Metadata {
    std::string path;
    json root;

    explicit Metadata(const std::string& name) : path(sigmf_pair(name).meta)
    {
        Notes notes;
        root = parse_sigmf_json(read_file(path, kMaxSigmfMetaBytes), path, notes);
        const json list = root.value("annotations", json());
        const bool is_one = list.is_array() && list.size() == 1 && list.front().is_object() && root.contains("global") &&
                            root["global"].is_object();
        const json one = is_one ? list.front() : json();
        const json generator = one.value("core:generator", json());
        const bool is_of_receiver = one.contains(kEvent) || one.contains(kReceiverGenerator) ||
                                    (generator.is_string() && generator.get<std::string>().rfind(Annotation::kOwnGenerator, 0) == 0);
        if (!is_of_receiver)
            throw Error({ "this is no snippet", path, is_one ? "an annotation of somebody else" : list.is_array() ? std::to_string(list.size()) + " annotations" : "no annotation",
                          "metadata with what a receiver said of one emission" });
    }

    json& annotation() { return root["annotations"].front(); }

    std::string text(const char* key)
    {
        const json found = annotation().value(key, json());
        return found.is_string() ? found.get<std::string>() : std::string();
    }

    void write()
    {
        json& extensions = root["global"]["core:extensions"];
        const auto is_ours = [](const json& one) {
            return one.is_object() && one.value("name", json()) == "prunedamr";
        };
        if (!extensions.is_array())
            extensions = json::array();
        if (std::none_of(extensions.begin(), extensions.end(), is_ours))
            extensions.push_back({ { "name", "prunedamr" }, { "version", "1.0.0" }, { "optional", true } });
        write_text_atomically(path, root.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
    }
};

void check_text(const char* what, const std::string& text, std::size_t most)
{
    const bool is_printable = std::none_of(text.begin(), text.end(),
                                           [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
    if (text.empty() || text.size() > most || !is_printable || text.front() == ' ' || text.back() == ' ')
        throw InvalidArgument({ std::string("bad ") + what, "", "'" + text.substr(0, 60) + "'",
                                "1.." + std::to_string(most) + " printable bytes, no blank at either end" });
}

void move(json& annotation, const char* from, const char* to)
{
    if (annotation.contains(from))
        annotation[to] = annotation[from];
    annotation.erase(from);
}

} // namespace

SnippetLabel read_label(const std::string& meta)
{
    Metadata file(meta);
    SnippetLabel result;
    result.label = file.text("core:label");
    result.author = file.text(kAuthor);
    result.time = file.text(kTime);
    result.comment = file.text("core:comment");
    result.receiver_label = result.is_of_person() ? file.text(kReceiverLabel) : result.label;
    for (const auto& [key, text] : { std::pair(kEvent, &result.event), std::pair(kTeaching, &result.teaching) })
        if (const json found = file.annotation().value(key, json()); found.is_object())
            *text = found.dump(-1, ' ', false, json::error_handler_t::replace);
    return result;
}

void set_label(const std::string& meta, const std::string& label, const std::string& author, std::int64_t time_ns)
{
    Metadata file(meta);
    json& annotation = file.annotation();
    const bool was_of_person = annotation.contains(kAuthor);
    if (label.empty()) {
        if (!was_of_person)
            return;
        annotation.erase("core:label");
        annotation.erase("core:generator");
        move(annotation, kReceiverLabel, "core:label");
        move(annotation, kReceiverGenerator, "core:generator");
        annotation.erase(kAuthor);
        annotation.erase(kTime);
    } else {
        check_text("label", label, kMaxLabel);
        check_text("author", author, kMaxAuthor);
        if (author.rfind(Annotation::kOwnGenerator, 0) == 0)
            throw InvalidArgument({ "bad author", "", author, "a person, or whoever is no receiver" });
        if (!was_of_person) {
            move(annotation, "core:label", kReceiverLabel);
            move(annotation, "core:generator", kReceiverGenerator);
        }
        annotation["core:label"] = label;
        annotation["core:generator"] = annotation[kAuthor] = author;
        annotation[kTime] = rfc3339(time_ns);
    }
    if (const std::string data = sigmf_pair(meta).data; !fs::exists(data)) // a receiver has removed it meanwhile
        throw Error({ "the samples are gone", data, "", "" });
    file.write();
}

void add_event(const std::string& meta, const std::string& event, const std::string& teaching)
{
    Metadata file(meta);
    for (const auto& [key, text] : { std::pair(kEvent, &event), std::pair(kTeaching, &teaching) })
        if (!text->empty())
            file.annotation()[key] = json::parse(*text);
    file.write();
}

std::vector<std::string> snippets_in(const std::string& folder)
{
    std::vector<std::string> names;
    try {
        for (const auto& entry : fs::directory_iterator(folder))
            if (entry.path().extension() == kSigmfMetaEnding &&
                fs::exists(fs::path(entry.path()).replace_extension(kSigmfDataEnding)))
                names.push_back(entry.path().stem().string());
    } catch (const fs::filesystem_error& failure) {
        throw SystemError("cannot read this folder", folder, failure.code().value());
    }
    std::sort(names.begin(), names.end()); // they begin with their time
    return names;
}

std::string account_name()
{
    const struct passwd* account = ::getpwuid(::geteuid());
    return account && account->pw_name ? account->pw_name : "uid " + std::to_string(::geteuid());
}

} // namespace prunedamr::recording
