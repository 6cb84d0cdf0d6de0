// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/text.h"

#include <sodium.h>

#include <array>
#include <cstdio>

namespace prunedamr {
namespace {

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

/// The first one of UTF-8 text that is not empty.
Character first_character(std::string_view text)
{
    constexpr std::array<char32_t, 5> kMinCode = { 0, 0, 0x80, 0x800, 0x10000 };
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80)
        return { lead, 1, true };
    const std::size_t bytes = lead >= 0xf8 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    char32_t code = bytes == 0 ? 0 : lead & (0x7f >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
            return { lead, 1, false };
        code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
    }
    const bool valid = bytes > 0 && code >= kMinCode[bytes] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return valid ? Character{ code, bytes, true } : Character{ lead, 1, false };
}

/// Unicode's control characters but the tab, its line and paragraph separators, its marks of direction.
bool acts_on_a_terminal(char32_t code)
{
    return (code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

} // namespace

std::string printable(std::string_view text)
{
    std::string result;
    while (!text.empty()) {
        const Character next = first_character(text);
        if (next.valid && !acts_on_a_terminal(next.code)) {
            result += text.substr(0, next.bytes);
        } else {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(next.code));
            result += escaped;
        }
        text.remove_prefix(next.bytes);
    }
    return result;
}

std::string to_base64(std::string_view bytes)
{
    std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    text.pop_back(); // its zero
    return text;
}

std::optional<std::string> from_base64(std::string_view text, Base64 form)
{
    std::string bytes(text.size(), '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(),
                          nullptr, &size, nullptr,
                          form == Base64::url ? sodium_base64_VARIANT_URLSAFE_NO_PADDING
                                              : sodium_base64_VARIANT_ORIGINAL) != 0)
        return std::nullopt;
    bytes.resize(size);
    return bytes;
}

} // namespace prunedamr
