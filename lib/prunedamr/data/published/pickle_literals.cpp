// SPDX-License-Identifier: GPL-3.0-or-later
// The opcodes that hold a number or a string.
#include "prunedamr/data/published/pickle_machine.h"

#include <charconv>

namespace prunedamr::data::pickle {

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

} // namespace prunedamr::data::pickle
