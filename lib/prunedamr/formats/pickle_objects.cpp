// SPDX-License-Identifier: GPL-3.0-or-later
// The few globals that a pickle of NumPy arrays names, and what calling and building them gives.
#include "prunedamr/base/error.h"
#include "prunedamr/formats/pickle.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::formats::pickle {
namespace {

enum class Callable : std::uint32_t { reconstruct, ndarray, dtype, scalar, from_buffer, encode, bytes };

struct Global {
    const char* module;
    const char* name;
    Callable callable;
};

constexpr Global kGlobals[] = {
    { "numpy.core.multiarray", "_reconstruct", Callable::reconstruct },
    { "numpy._core.multiarray", "_reconstruct", Callable::reconstruct },
    { "numpy", "ndarray", Callable::ndarray },
    { "numpy", "dtype", Callable::dtype },
    { "numpy.core.multiarray", "scalar", Callable::scalar },
    { "numpy._core.multiarray", "scalar", Callable::scalar },
    { "numpy.core.numeric", "_frombuffer", Callable::from_buffer }, // arrays of protocol 5
    { "numpy._core.numeric", "_frombuffer", Callable::from_buffer },
    { "_codecs", "encode", Callable::encode },   // bytes of Python 3 in protocols 0 to 2
    { "__builtin__", "bytes", Callable::bytes }, // the same, empty
    { "builtins", "bytes", Callable::bytes },
};

constexpr std::size_t kMaxNameBytes = 100;
constexpr std::size_t kMaxRank = 32; // NumPy's own limit

bool is_dtype(char kind, std::size_t size)
{
    switch (kind) {
    case 'f':
        return size == 4 || size == 8;
    case 'i':
    case 'u':
        return size == 1 || size == 2 || size == 4 || size == 8;
    case 'b':
        return size == 1;
    default:
        return false;
    }
}

template <typename T> T as(std::uint64_t bits)
{
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/// A whole element's bits, whatever their order in the file.
std::uint64_t bits_of(const Dtype& dtype, const std::byte* bytes)
{
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < dtype.size; ++i)
        bits |= static_cast<std::uint64_t>(bytes[dtype.big_endian ? dtype.size - 1 - i : i]) << (8 * i);
    return bits;
}

std::int64_t integer_of(const Dtype& dtype, std::uint64_t bits)
{
    const std::size_t unused = 64 - 8 * dtype.size;
    return dtype.kind == 'i' ? as<std::int64_t>(bits << unused) >> unused : as<std::int64_t>(bits);
}

} // namespace

double element(const Dtype& dtype, const std::byte* bytes)
{
    const std::uint64_t bits = bits_of(dtype, bytes);
    if (dtype.kind != 'f')
        return dtype.kind == 'i' ? static_cast<double>(integer_of(dtype, bits)) : static_cast<double>(bits);
    return dtype.size == 8 ? as<double>(bits) : as<float>(bits);
}

const Value& Machine::require(Id id, Kind kind, const char* what) const
{
    const Value& value = document_[id];
    if (value.kind != kind)
        refuse(std::string(what) + " has the wrong type", to_string(value.kind), to_string(kind));
    return value;
}

std::int64_t Machine::truth(const Value& value) const
{
    if (value.kind != Kind::boolean && value.kind != Kind::integer)
        refuse("flag has the wrong type", to_string(value.kind), "a boolean");
    return value.integer != 0;
}

void Machine::find_callable(const std::string& module, const std::string& name)
{
    const auto* found = std::find_if(std::begin(kGlobals), std::end(kGlobals), [&](const Global& global) {
        return module == global.module && name == global.name;
    });
    if (found == std::end(kGlobals))
        refuse("global is refused", module + "." + name, "numbers, strings, tuples, lists, dicts and arrays only");
    Value value;
    value.kind = Kind::callable;
    value.index = static_cast<std::uint32_t>(found->callable);
    push(std::move(value));
}

bool Machine::object(unsigned char op)
{
    switch (op) {
    case 'c': {
        const std::string module(line().substr(0, kMaxNameBytes));
        find_callable(module, std::string(line().substr(0, kMaxNameBytes)));
        return true;
    }
    case 0x93: {
        const Value& name = require(pop(), Kind::text, "name of a global");
        const Value& module = require(pop(), Kind::text, "module of a global");
        find_callable(decode(module.text, kMaxNameBytes, path_), decode(name.text, kMaxNameBytes, path_));
        return true;
    }
    case 'R':
        call();
        return true;
    case 'b':
        build();
        return true;
    default:
        return false;
    }
}

void Machine::call()
{
    const Id arguments_id = pop();
    const Value& arguments = require(arguments_id, Kind::tuple, "argument list");
    const Value& callable = require(pop(), Kind::callable, "called value");
    Value result;
    switch (static_cast<Callable>(callable.index)) {
    case Callable::reconstruct: // the shape and the data follow in the array's state
        result.kind = Kind::array;
        result.index = static_cast<std::uint32_t>(document_.arrays_.size());
        document_.arrays_.push_back({ {}, { 0 }, false, {} });
        break;
    case Callable::dtype:
        result = make_dtype(arguments);
        break;
    case Callable::scalar:
        result = make_scalar(arguments);
        break;
    case Callable::from_buffer:
        result = from_buffer(arguments);
        break;
    case Callable::encode:
        result = encode(arguments);
        break;
    case Callable::bytes:
        if (!arguments.items.empty())
            refuse("bytes made from something", std::to_string(arguments.items.size()) + " arguments", "none");
        result.kind = Kind::text;
        result.text.is_bytes = true;
        break;
    case Callable::ndarray:
        refuse("global is refused as a call", "numpy.ndarray", "numpy.core.multiarray._reconstruct");
    }
    push(std::move(result));
}

Value Machine::make_dtype(const Value& arguments)
{
    if (arguments.items.empty())
        refuse("dtype without a name");
    std::string name = decode(require(arguments.items[0], Kind::text, "dtype's name").text, kMaxNameBytes, path_);
    Value value;
    value.kind = Kind::dtype;
    if (!name.empty() && std::string_view("<>=|").find(name[0]) != std::string_view::npos) {
        value.dtype.big_endian = name[0] == '>';
        name.erase(0, 1);
    }
    const bool digit = name.size() == 2 && name[1] >= '1' && name[1] <= '8';
    if (!digit || !is_dtype(name[0], static_cast<std::size_t>(name[1] - '0')))
        refuse("dtype is not read", "'" + name + "'", "f4, f8, i1..i8, u1..u8 or b1");
    value.dtype.kind = name[0];
    value.dtype.size = static_cast<std::size_t>(name[1] - '0');
    return value;
}

Value Machine::make_scalar(const Value& arguments)
{
    if (arguments.items.size() != 2)
        refuse("NumPy scalar with the wrong arguments", std::to_string(arguments.items.size()), "2");
    const Dtype dtype = require(arguments.items[0], Kind::dtype, "scalar's dtype").dtype;
    const std::string bytes = decode(require(arguments.items[1], Kind::text, "scalar's value").text, 8, path_);
    if (bytes.size() != dtype.size)
        refuse("NumPy scalar has the wrong size", std::to_string(bytes.size()) + " bytes",
               std::to_string(dtype.size));
    const auto* raw = reinterpret_cast<const std::byte*>(bytes.data());
    Value value;
    value.kind = dtype.kind == 'f' ? Kind::real : dtype.kind == 'b' ? Kind::boolean : Kind::integer;
    if (value.kind == Kind::real)
        value.real = element(dtype, raw);
    else
        value.integer = integer_of(dtype, bits_of(dtype, raw));
    return value;
}

Value Machine::encode(const Value& arguments)
{
    if (arguments.items.size() != 2)
        refuse("encoding with the wrong arguments", std::to_string(arguments.items.size()), "2");
    Value value = require(arguments.items[0], Kind::text, "encoded value");
    const std::string codec =
        decode(require(arguments.items[1], Kind::text, "encoding's name").text, kMaxNameBytes, path_);
    if (codec != "latin1" || value.text.is_bytes)
        refuse("encoding is refused", codec, "text as latin1");
    value.text.is_bytes = true;
    return value;
}

Value Machine::from_buffer(const Value& arguments)
{
    if (arguments.items.size() != 4)
        refuse("array from a buffer with the wrong arguments", std::to_string(arguments.items.size()), "4");
    const std::string order =
        decode(require(arguments.items[3], Kind::text, "array's order").text, kMaxNameBytes, path_);
    if (order != "C" && order != "F")
        refuse("array has an unknown order", "'" + order + "'", "C or F");
    Array array = array_of(document_[arguments.items[2]], document_[arguments.items[1]], order == "F",
                           document_[arguments.items[0]]);
    Value value;
    value.kind = Kind::array;
    value.index = static_cast<std::uint32_t>(document_.arrays_.size());
    document_.arrays_.push_back(std::move(array));
    return value;
}

void Machine::build()
{
    const Value& state = require(pop(), Kind::tuple, "state");
    Value& target = top();
    if (target.kind == Kind::dtype)
        set_dtype_state(target, state);
    else if (target.kind == Kind::array)
        set_array_state(target, state);
    else
        refuse("state is set on something else", to_string(target.kind), "an array or a dtype");
}

/// (version, byte order, subarray, field names, fields, size, alignment, flags)
void Machine::set_dtype_state(Value& dtype, const Value& state)
{
    if (state.items.size() < 5)
        refuse("dtype's state is too short", std::to_string(state.items.size()), "at least 5 items");
    const std::string order = decode(require(state.items[1], Kind::text, "byte order").text, kMaxNameBytes, path_);
    if (order != "<" && order != ">" && order != "=" && order != "|")
        refuse("unknown byte order", "'" + order + "'", "<, >, = or |");
    for (std::size_t i = 2; i < 5; ++i)
        if (document_[state.items[i]].kind != Kind::none)
            refuse("structured dtype is not read");
    dtype.dtype.big_endian = order == ">";
}

/// (version, shape, dtype, Fortran order, data)
void Machine::set_array_state(const Value& array, const Value& state)
{
    if (state.items.size() != 5)
        refuse("array's state has the wrong length", std::to_string(state.items.size()), "5 items");
    document_.arrays_[array.index] = array_of(document_[state.items[1]], document_[state.items[2]],
                                              truth(document_[state.items[3]]) != 0, document_[state.items[4]]);
}

Array Machine::array_of(const Value& shape, const Value& dtype, bool fortran_order, const Value& data)
{
    if (shape.kind != Kind::tuple || dtype.kind != Kind::dtype || data.kind != Kind::text || !data.text.is_bytes)
        refuse("array's state is not shape, dtype and bytes",
               std::string(to_string(shape.kind)) + ", " + to_string(dtype.kind) + ", " + to_string(data.kind));
    if (shape.items.size() > kMaxRank)
        refuse("array has too many axes", std::to_string(shape.items.size()), std::to_string(kMaxRank));
    Array array{ dtype.dtype, {}, fortran_order, data.text };
    const std::size_t stored = data.text.stored.size();
    std::size_t needed = array.dtype.size;
    for (const Id id : shape.items) {
        const std::int64_t extent = require(id, Kind::integer, "array's extent").integer;
        if (extent < 0 || (extent > 0 && needed > stored / static_cast<std::size_t>(extent)))
            refuse("array is larger than its data", "extent " + std::to_string(extent),
                   std::to_string(stored) + " stored bytes");
        needed *= static_cast<std::size_t>(extent);
        array.shape.push_back(extent);
    }
    if (needed > stored || (data.text.coding == Coding::plain && needed != stored))
        refuse("array's shape disagrees with its data", std::to_string(stored) + " bytes", std::to_string(needed));
    return array;
}

} // namespace prunedamr::formats::pickle
