// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/formats/pickle.h"

#include "prunedamr/base/error.h"

namespace prunedamr::formats::pickle {
namespace {

// The files of RML2016 need some ten thousand; each opcode costs at most one value, so this bounds the memory.
constexpr std::size_t kMaxOpcodes = 200'000;

std::string hex(unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    return { '0', 'x', digits[byte >> 4], digits[byte & 15] };
}

/// Names of the opcodes that pickles may hold and that are refused.
const char* refused_name(unsigned char op)
{
    switch (op) {
    case 'P':
    case 'Q':
        return "a persistent id";
    case 'i':
        return "INST";
    case 'o':
        return "OBJ";
    case 0x81:
    case 0x92:
        return "NEWOBJ";
    case 0x82:
    case 0x83:
    case 0x84:
        return "an extension code";
    case 0x8f:
    case 0x90:
    case 0x91:
        return "a set";
    case 0x97:
    case 0x98:
        return "an out-of-band buffer";
    default:
        return nullptr;
    }
}

} // namespace

const char* to_string(Kind kind)
{
    static const char* const names[] = { "None",       "a boolean", "an integer", "a real number",
                                         "a string",   "a tuple",   "a list",     "a dict",
                                         "a callable", "a dtype",   "an array" };
    return names[static_cast<std::size_t>(kind)];
}

std::string to_string(const Dtype& dtype)
{
    return (dtype.big_endian ? ">" : "<") + std::string(1, dtype.kind) + std::to_string(dtype.size);
}

std::size_t Array::size_bytes() const
{
    std::size_t bytes = dtype.size;
    for (const std::int64_t extent : shape)
        bytes *= static_cast<std::size_t>(extent);
    return bytes;
}

Document::Document(std::string_view bytes, const std::string& path)
{
    Machine(*this, bytes, path).run();
}

void Machine::refuse(const std::string& problem, const std::string& found, const std::string& expected) const
{
    throw Error({ problem, path_ + ": byte " + std::to_string(at_), found, expected });
}

void Machine::run()
{
    for (std::size_t opcodes = 0;; ++opcodes) {
        at_ = next_;
        if (opcodes == kMaxOpcodes)
            refuse("not a pickle of arrays", "more than " + std::to_string(kMaxOpcodes) + " opcodes");
        if (next_ == bytes_.size())
            refuse("pickle ends without its end mark");
        const auto op = static_cast<unsigned char>(bytes_[next_++]);
        if (op == '.')
            break;
        if (op == 0x80) {
            const auto protocol = static_cast<unsigned char>(take(1)[0]);
            if (protocol > 5)
                refuse("unknown pickle protocol", std::to_string(protocol), "0..5");
        } else if (op == 0x95) {
            if (unsigned_number(8) > bytes_.size() - next_)
                refuse("frame is longer than the file");
        } else if (!number(op) && !string(op) && !stack(op) && !memo(op) && !container(op) && !object(op)) {
            if (const char* name = refused_name(op))
                refuse("opcode is refused", name, "numbers, strings, tuples, lists, dicts and arrays only");
            refuse("not a pickle", "opcode " + hex(op));
        }
    }
    document_.root_ = pop();
}

std::string_view Machine::take(std::uint64_t count)
{
    if (count > bytes_.size() - next_)
        refuse("length is beyond the end of the file", std::to_string(count) + " bytes",
               "at most " + std::to_string(bytes_.size() - next_));
    next_ += count;
    return bytes_.substr(next_ - count, count);
}

std::uint64_t Machine::unsigned_number(std::size_t size)
{
    const std::string_view raw = take(size);
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(raw[i]);
    return value;
}

std::string_view Machine::line()
{
    const std::size_t end = bytes_.find('\n', next_);
    if (end == std::string_view::npos)
        refuse("pickle ends inside a line");
    const std::string_view text = take(end - next_);
    ++next_;
    return text;
}

void Machine::push_id(Id id)
{
    stack_.push_back(id);
}

void Machine::push(Value value)
{
    value.at = at_;
    document_.values_.push_back(std::move(value));
    push_id(static_cast<Id>(document_.values_.size() - 1));
}

Id Machine::pop()
{
    if (stack_.size() == (marks_.empty() ? 0 : marks_.back()))
        refuse("pickle takes from an empty stack");
    const Id id = stack_.back();
    stack_.pop_back();
    return id;
}

Value& Machine::top()
{
    const Id id = pop();
    push_id(id);
    return document_.values_[id];
}

std::size_t Machine::count_to_mark()
{
    if (marks_.empty())
        refuse("pickle has no mark where one is needed");
    const std::size_t count = stack_.size() - marks_.back();
    marks_.pop_back();
    return count;
}

bool Machine::stack(unsigned char op)
{
    switch (op) {
    case '(':
        marks_.push_back(stack_.size());
        return true;
    case '0':
        if (!marks_.empty() && marks_.back() == stack_.size())
            marks_.pop_back();
        else
            pop();
        return true;
    case '1':
        stack_.resize(stack_.size() - count_to_mark());
        return true;
    case '2':
        top();
        push_id(stack_.back());
        return true;
    default:
        return false;
    }
}

void Machine::put(std::uint64_t key)
{
    top();
    memo_[key] = stack_.back();
}

void Machine::get(std::uint64_t key)
{
    const auto found = memo_.find(key);
    if (found == memo_.end())
        refuse("pickle recalls what it has not stored", "memo " + std::to_string(key));
    push_id(found->second);
}

bool Machine::memo(unsigned char op)
{
    switch (op) {
    case 'p':
        put(static_cast<std::uint64_t>(decimal(line())));
        return true;
    case 'q':
    case 'r':
        put(unsigned_number(op == 'q' ? 1 : 4));
        return true;
    case 0x94:
        put(memo_.size());
        return true;
    case 'g':
        get(static_cast<std::uint64_t>(decimal(line())));
        return true;
    case 'h':
    case 'j':
        get(unsigned_number(op == 'h' ? 1 : 4));
        return true;
    default:
        return false;
    }
}

void Machine::push_sequence(Kind kind, std::size_t count)
{
    Value value;
    value.kind = kind;
    if (kind == Kind::dict && count % 2 != 0)
        refuse("dict with a key without a value");
    if (count > stack_.size())
        refuse("pickle takes from an empty stack");
    value.items.assign(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    push(std::move(value));
}

/// Moves the last `count` values of the stack into the container below them.
void Machine::append(Kind kind, std::size_t count)
{
    std::vector<Id> items;
    for (std::size_t i = 0; i < count; ++i)
        items.push_back(pop());
    Value& target = top();
    if (target.kind != kind || (kind == Kind::dict && count % 2 != 0))
        refuse("pickle adds items to something else", to_string(target.kind), to_string(kind));
    target.items.insert(target.items.end(), items.rbegin(), items.rend());
}

bool Machine::container(unsigned char op)
{
    switch (op) {
    case ')':
    case ']':
    case '}':
        push_sequence(op == ')' ? Kind::tuple : op == ']' ? Kind::list : Kind::dict, 0);
        return true;
    case 't':
    case 'l':
    case 'd':
        push_sequence(op == 't' ? Kind::tuple : op == 'l' ? Kind::list : Kind::dict, count_to_mark());
        return true;
    case 0x85:
    case 0x86:
    case 0x87:
        if (stack_.size() - (marks_.empty() ? 0 : marks_.back()) < op - 0x84u)
            refuse("pickle takes from an empty stack");
        push_sequence(Kind::tuple, op - 0x84u);
        return true;
    case 'a':
        append(Kind::list, 1);
        return true;
    case 'e':
        append(Kind::list, count_to_mark());
        return true;
    case 's':
        append(Kind::dict, 2);
        return true;
    case 'u':
        append(Kind::dict, count_to_mark());
        return true;
    default:
        return false;
    }
}

} // namespace prunedamr::formats::pickle
