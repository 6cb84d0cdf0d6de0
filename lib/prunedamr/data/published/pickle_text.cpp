// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/published/pickle_text.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::data::pickle {

void Decoder::refuse(const char* problem) const
{
    throw Error({ problem, path_ + ": byte " + std::to_string(text_.at + next_), "", "" });
}

char Decoder::take()
{
    if (at_end())
        refuse("string ends inside a character");
    return text_.stored[next_++];
}

unsigned Decoder::number(std::size_t digits, unsigned base)
{
    unsigned value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const char c = take();
        const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                               : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a') + 10
                               : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A') + 10
                                                      : base;
        if (digit >= base)
            refuse("malformed escape in a string");
        value = value * base + digit;
    }
    if (value > 255)
        refuse("character beyond a byte");
    return value;
}

/// After a backslash of Python 2's repr.
unsigned char Decoder::escaped_byte()
{
    static constexpr std::string_view names = "abfnrtv\\'\"";
    static constexpr std::string_view bytes = "\a\b\f\n\r\t\v\\'\"";
    const char c = take();
    if (c == 'x')
        return static_cast<unsigned char>(number(2, 16));
    if (c >= '0' && c <= '7') {
        --next_;
        std::size_t digits = 1;
        while (digits < 3 && next_ + digits < text_.stored.size() && text_.stored[next_ + digits] >= '0' &&
               text_.stored[next_ + digits] <= '7')
            ++digits;
        return static_cast<unsigned char>(number(digits, 8));
    }
    const auto name = names.find(c);
    if (name == std::string_view::npos)
        refuse("malformed escape in a string");
    return static_cast<unsigned char>(bytes[name]);
}

/// The character after `\u` or `\U` of Python's raw unicode; a backslash before anything else is itself.
unsigned char Decoder::unicode_escape()
{
    if (!at_end() && (text_.stored[next_] == 'u' || text_.stored[next_] == 'U'))
        return static_cast<unsigned char>(number(take() == 'u' ? 4 : 8, 16));
    return '\\';
}

unsigned char Decoder::utf8_byte()
{
    const auto first = static_cast<unsigned char>(take());
    if (first < 0x80)
        return first;
    // Bytes 128..255 are two bytes long; longer characters do not fit.
    if (first != 0xc2 && first != 0xc3)
        refuse("character beyond a byte");
    const auto second = static_cast<unsigned char>(take());
    if ((second & 0xc0) != 0x80)
        refuse("malformed UTF-8 in a string");
    return static_cast<unsigned char>((first & 3) << 6 | (second & 0x3f));
}

unsigned char Decoder::next_byte()
{
    if (text_.coding == Coding::utf8)
        return utf8_byte();
    const char c = take();
    if (c != '\\')
        return static_cast<unsigned char>(c);
    return text_.coding == Coding::escaped ? escaped_byte() : unicode_escape();
}

std::size_t Decoder::read(std::byte* out, std::size_t most)
{
    if (text_.coding == Coding::plain) {
        const std::size_t count = std::min(most, text_.stored.size() - next_);
        if (count > 0)
            std::memcpy(out, text_.stored.data() + next_, count);
        next_ += count;
        return count;
    }
    std::size_t count = 0;
    while (count < most && !at_end())
        out[count++] = static_cast<std::byte>(next_byte());
    return count;
}

std::string decode(const Text& text, std::size_t limit, const std::string& path)
{
    std::string bytes(std::min(text.stored.size(), limit), '\0');
    Decoder decoder(text, path);
    bytes.resize(decoder.read(reinterpret_cast<std::byte*>(bytes.data()), bytes.size()));
    if (!decoder.at_end())
        throw Error({ "string is too long", path + ": byte " + std::to_string(text.at), "",
                      "at most " + std::to_string(limit) + " bytes" });
    return bytes;
}

} // namespace prunedamr::data::pickle
