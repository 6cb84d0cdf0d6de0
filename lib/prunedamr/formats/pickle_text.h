// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace prunedamr::formats::pickle {

/// How a string object stands in a pickle. `escaped` is Python 2's `repr` without its quotes; the last three are
/// text whose code points (0..255) are the bytes.
enum class Coding { plain, escaped, utf8, raw_unicode };

/// A str, unicode or bytes object, still as the file holds it.
struct Text {
    std::string_view stored;
    std::size_t at = 0; ///< byte position of `stored` in the file
    Coding coding = Coding::plain;
    bool is_bytes = false; ///< Python 2 str, bytes or bytearray; else text that must be encoded first
};

/// Gives the bytes of a `Text` in order. Throws `Error` naming the file's byte of a malformed escape or of a
/// character beyond 255.
class Decoder
{
public:
    Decoder(const Text& text, const std::string& path) : text_(text), path_(path) {}

    /// Writes the next `most` bytes to `out`, or what is left; returns how many.
    std::size_t read(std::byte* out, std::size_t most);
    bool at_end() const { return next_ == text_.stored.size(); }

private:
    unsigned char next_byte();
    unsigned char escaped_byte();
    unsigned char utf8_byte();
    unsigned char unicode_escape();
    unsigned number(std::size_t digits, unsigned base);
    char take();
    [[noreturn]] void refuse(const char* problem) const;

    Text text_;
    std::string path_;
    std::size_t next_ = 0;
};

/// The whole text, at most `limit` bytes of it: longer is an `Error`.
std::string decode(const Text& text, std::size_t limit, const std::string& path);

} // namespace prunedamr::formats::pickle
