// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

    /// Writes the next `max_count` bytes to `out`, or what is left; returns how many.
    std::size_t read(std::byte* out, std::size_t max_count);
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

// A reader of Python pickles that runs nothing: it builds numbers, strings, tuples, lists, dicts and NumPy arrays,
// and refuses every other opcode or global by its name and byte position. Protocols 0 to 5, as Python 2 and 3
// write them; the formats are those of Python's `pickletools` and of NumPy's `ndarray.__reduce_ex__`.

/// Position of a value in its `Document`.
using Id = std::uint32_t;

enum class Kind { none, boolean, integer, real, text, tuple, list, dict, callable, dtype, array };
const char* to_string(Kind kind); ///< "a tuple"

/// A NumPy element type: floating point (f), signed (i) or unsigned (u) integer, boolean (b).
struct Dtype {
    char kind = 'f';
    std::size_t size = 4; ///< bytes: f 4, 8; i, u 1, 2, 4, 8; b 1
    bool big_endian = false;
};
std::string to_string(const Dtype& dtype); ///< "<f4"

/// A NumPy array. A plain `data` holds exactly the shape's bytes; a coded one, at least that many stored bytes:
/// whether they decode to the right number is known after decoding them.
struct Array {
    Dtype dtype;
    std::vector<std::int64_t> shape;
    bool fortran_order = false;
    Text data;

    std::size_t size_bytes() const; ///< of the decoded elements
};

struct Value {
    Kind kind = Kind::none;
    std::size_t at = 0;       ///< byte position of the opcode that made it
    std::int64_t integer = 0; ///< integer, boolean
    double real = 0.0;        ///< real
    Text text;                ///< text
    std::vector<Id> items;    ///< tuple, list; dict: key, value, key, value ...
    Dtype dtype;              ///< dtype
    std::uint32_t index = 0;  ///< array: see Document::array; callable: which
};

/// A pickle, parsed. Its values view the bytes it was made from, which must outlive it. Nested values are flat in
/// memory, so that no depth of nesting costs stack.
class Document
{
public:
    /// Throws `Error` naming file, byte and what is wrong or refused.
    Document(std::string_view bytes, const std::string& path);

    const Value& root() const { return values_[root_]; }
    const Value& operator[](Id id) const { return values_[id]; }
    const Array& array(const Value& value) const { return arrays_[value.index]; }

private:
    friend class Machine;
    std::vector<Value> values_;
    std::vector<Array> arrays_;
    Id root_ = 0;
};

/// Element `bytes` of an array as a number.
double element(const Dtype& dtype, const std::byte* bytes);

} // namespace prunedamr::formats::pickle
