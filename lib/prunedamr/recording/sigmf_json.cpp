// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/recording/sigmf_meta.h"

#include <algorithm>
#include <iterator>

namespace prunedamr::recording {
namespace {

using nlohmann::json;

/// Behind the string that begins at `at`.
std::size_t behind_string(const std::string& text, std::size_t at)
{
    for (++at; at < text.size() && text[at] != '"'; ++at)
        at += text[at] == '\\';
    return std::min(at + 1, text.size());
}

/// What other writers take for JSON: NaN and infinities, control characters in strings, zeros behind the end, and
/// (if `ascii`) letters that are no UTF-8.
std::string repaired(const std::string& text, bool ascii)
{
    std::string result;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool escaped = in_string && c == '\\';
        if (c == '"')
            in_string = !in_string;
        if (!in_string) {
            bool replaced = false;
            for (const char* word : { "NaN", "-Infinity", "Infinity" }) {
                const std::size_t length = std::char_traits<char>::length(word);
                if (!replaced && text.compare(at, length, word) == 0) {
                    result += "null";
                    at += length - 1;
                    replaced = true;
                }
            }
            if (replaced)
                continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        result += (in_string && byte < ' ') || c == '\0' ? ' ' : ascii && byte > 127 ? '?' : c;
        if (escaped && at + 1 < text.size())
            result += text[++at];
    }
    return result;
}

} // namespace

void remove_annotations(std::string& text)
{
    int depth = 0;
    std::size_t begin = 0; // of the elements
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"') {
            const std::size_t end = behind_string(text, at);
            const std::size_t list = text.find_first_not_of(": \t\r\n", end);
            if (depth == 1 && text.compare(at, end - at, "\"annotations\"") == 0 && list < text.size() &&
                text[list] == '[')
                begin = list + 1;
            at = end - 1;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (begin > 0 && depth == 1 && c == ']') {
            const auto lines = std::count(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                          text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
            text.replace(begin, at - begin, static_cast<std::size_t>(lines), '\n');
            return;
        }
    }
}

json parse_sigmf_json(const std::string& text, const std::string& where, Notes& notes)
{
    check_json_depth(text, where);
    json root = json::parse(text, nullptr, false);
    for (const bool ascii : { false, true })
        if (root.is_discarded()) {
            root = json::parse(repaired(text, ascii), nullptr, false);
            if (!root.is_discarded())
                notes.add("the metadata are no strict JSON",
                          ascii ? "letters that are no UTF-8" : "NaN, or control characters");
        }
    if (root.is_object())
        return root;
    const std::size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    if (!root.is_discarded() || first == std::string::npos || text[first] != '{')
        throw Error(
            { "not SigMF metadata", where, root.is_discarded() ? "no JSON" : root.type_name(), "a JSON object" });
    std::size_t byte = text.size();
    try {
        root = json::parse(repaired(text, true));
    } catch (const json::parse_error& error) {
        byte = std::min(error.byte, text.size());
    } catch (const json::out_of_range& error) { // 1e999
        const std::string message = error.what();
        throw Error({ "number out of range", where, message.substr(message.rfind(' ') + 1, 60), "SigMF metadata" });
    }
    throw Error({ "broken JSON", where, place_in(text, byte), "SigMF metadata" });
}

} // namespace prunedamr::recording
