// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/formats/pickle.h"

#include <unordered_map>

namespace prunedamr::formats::pickle {

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
