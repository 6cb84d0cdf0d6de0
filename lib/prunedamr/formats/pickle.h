// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// The stack machine that a pickle is a program for.
class Machine
{
public:
    Machine(Document& document, std::string_view bytes, const std::string& path)
        : document_(document), bytes_(bytes), path_(path)
    {
    }
    void run();

private:
    // Each runs the opcode if it is one of its own.
    bool number(unsigned char op);
    bool written_number(unsigned char op);
    bool string(unsigned char op);
    bool stack(unsigned char op);
    bool memo(unsigned char op);
    bool container(unsigned char op);
    bool object(unsigned char op);

    // pickle_objects.cpp
    void find_callable(const std::string& module, const std::string& name);
    void call();
    void build();
    Value make_dtype(const Value& arguments);
    Value make_scalar(const Value& arguments);
    Value encode(const Value& arguments);
    Value from_buffer(const Value& arguments);
    void set_dtype_state(Value& dtype, const Value& state);
    void set_array_state(const Value& array, const Value& state);
    Array array_of(const Value& shape, const Value& dtype, bool fortran_order, const Value& data);
    std::int64_t truth(const Value& value) const;

    std::string_view take(std::uint64_t count);
    std::uint64_t unsigned_number(std::size_t size);
    std::string_view line();
    std::int64_t decimal(std::string_view digits) const;
    void push(Value value);
    void push_integer(std::int64_t value, Kind kind = Kind::integer);
    void push_real(double value);
    void push_long(std::uint64_t size);
    void push_text(std::string_view stored, Coding coding, bool is_bytes);
    void push_quoted(std::string_view quoted);
    void push_sequence(Kind kind, std::size_t count);
    void push_id(Id id);
    Id pop();
    Value& top();
    std::size_t count_to_mark();
    void append(Kind kind, std::size_t count);
    void put(std::uint64_t key);
    void get(std::uint64_t key);
    const Value& require(Id id, Kind kind, const char* what) const;
    [[noreturn]] void refuse(const std::string& problem, const std::string& found = "",
                             const std::string& expected = "") const;

    Document& document_;
    std::string_view bytes_;
    const std::string& path_;
    std::size_t next_ = 0;
    std::size_t at_ = 0; ///< of the opcode that runs
    std::vector<Id> stack_;
    std::vector<std::size_t> marks_; ///< heights of the stack
    std::unordered_map<std::uint64_t, Id> memo_;
};

} // namespace prunedamr::formats::pickle
