// SPDX-License-Identifier: GPL-3.0-or-later
// The opcodes that hold a number or a string.
#include "prunedamr/formats/pickle.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace prunedamr::formats::pickle {

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

std::size_t Decoder::read(std::byte* out, std::size_t max_count)
{
    if (text_.coding == Coding::plain) {
        const std::size_t count = std::min(max_count, text_.stored.size() - next_);
        if (count > 0)
            std::memcpy(out, text_.stored.data() + next_, count);
        next_ += count;
        return count;
    }
    std::size_t count = 0;
    while (count < max_count && !at_end())
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

std::int64_t Machine::decimal(std::string_view digits) const
{
    std::int64_t value = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (result.ec != std::errc() || result.ptr != digits.data() + digits.size())
        refuse("malformed integer", "'" + std::string(digits.substr(0, 40)) + "'", "64 bits in decimal");
    return value;
}

void Machine::push_integer(std::int64_t integer, Kind kind)
{
    Value value;
    value.kind = kind;
    value.integer = integer;
    push(std::move(value));
}

void Machine::push_real(double real)
{
    Value value;
    value.kind = Kind::real;
    value.real = real;
    push(std::move(value));
}

void Machine::push_long(std::uint64_t size)
{
    if (size > 8)
        refuse("integer is too large", std::to_string(size) + " bytes", "at most 8");
    std::uint64_t value = unsigned_number(size);
    if (size > 0 && size < 8 && (value >> (8 * size - 1) & 1) != 0)
        value |= ~std::uint64_t{ 0 } << (8 * size);
    push_integer(static_cast<std::int64_t>(value));
}

bool Machine::number(unsigned char op)
{
    switch (op) {
    case 'N':
        push({});
        return true;
    case 0x88:
    case 0x89:
        push_integer(op == 0x88, Kind::boolean);
        return true;
    case 'J':
        push_integer(static_cast<std::int32_t>(unsigned_number(4)));
        return true;
    case 'K':
    case 'M':
        push_integer(static_cast<std::int64_t>(unsigned_number(op == 'K' ? 1 : 2)));
        return true;
    case 0x8a:
    case 0x8b:
        push_long(unsigned_number(op == 0x8a ? 1 : 4));
        return true;
    case 'G':
        push_real(element({ 'f', 8, true }, reinterpret_cast<const std::byte*>(take(8).data())));
        return true;
    default:
        return written_number(op);
    }
}

/// Numbers of protocol 0, each a line of text.
bool Machine::written_number(unsigned char op)
{
    if (op != 'I' && op != 'L' && op != 'F')
        return false;
    std::string_view digits = line();
    if (op == 'F') {
        double real = 0.0;
        const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), real);
        if (result.ec != std::errc() || result.ptr != digits.data() + digits.size())
            refuse("malformed number", "'" + std::string(digits.substr(0, 40)) + "'");
        push_real(real);
        return true;
    }
    if (op == 'L' && !digits.empty() && digits.back() == 'L')
        digits.remove_suffix(1);
    const bool boolean = op == 'I' && (digits == "00" || digits == "01"); // False and True
    push_integer(decimal(digits), boolean ? Kind::boolean : Kind::integer);
    return true;
}

void Machine::push_text(std::string_view stored, Coding coding, bool is_bytes)
{
    Value value;
    value.kind = Kind::text;
    value.text = { stored, static_cast<std::size_t>(stored.data() - bytes_.data()), coding, is_bytes };
    push(std::move(value));
}

void Machine::push_quoted(std::string_view quoted)
{
    if (quoted.size() < 2 || quoted.front() != quoted.back() || (quoted[0] != '\'' && quoted[0] != '"'))
        refuse("string without its quotes");
    push_text(quoted.substr(1, quoted.size() - 2), Coding::escaped, true);
}

bool Machine::string(unsigned char op)
{
    switch (op) {
    case 'S':
        push_quoted(line());
        return true;
    case 'T':
    case 'U': // Python 2 str
    case 'B':
    case 'C':
    case 0x8e:
    case 0x96: // bytes, bytearray
        push_text(take(unsigned_number(op == 'T' || op == 'B'   ? 4
                                       : op == 'U' || op == 'C' ? 1
                                                                : 8)),
                  Coding::plain, true);
        return true;
    case 'V':
        push_text(line(), Coding::raw_unicode, false);
        return true;
    case 'X':
    case 0x8c:
    case 0x8d:
        push_text(take(unsigned_number(op == 'X' ? 4 : op == 0x8c ? 1 : 8)), Coding::utf8, false);
        return true;
    default:
        return false;
    }
}

} // namespace prunedamr::formats::pickle
