// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/event_filter.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/label_event_fields.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <optional>

namespace prunedamr::stream {
namespace {

constexpr double kEnd = std::numeric_limits<double>::infinity();
constexpr const char* kBand = "band";
constexpr const char* kDuration = "duration_s";
constexpr const char* kForm =
    "tests such as confidence<0.6, label=OOK, band=433M..435M, signal, noise, unknown or drift, joined "
    "by and, or, not";
constexpr const char* kDrift = "drift";
constexpr int kMaxDepth = 32; ///< of parentheses

/// One whose texts are there, as texts.
LabelEvent complete_event()
{
    LabelEvent event;
    event.top_count = LabelEvent::kTop;
    return event;
}

/// The cell at a place of `visit_cells`.
Cell cell_at(const LabelEvent& event, int place) noexcept
{
    Cell found;
    int at = 0;
    visit_cells(event, [&](const char*, const Cell& cell) {
        if (at++ == place)
            found = cell;
    });
    return found;
}

int place_of(std::string_view name)
{
    int place = -1, at = 0;
    visit_cells(LabelEvent(), [&](std::string_view field, const Cell&) {
        if (field == name)
            place = at;
        ++at;
    });
    return place;
}

/// Of a number, as precisely as it is kept: what an event shows as 0.7 is not below 0.7.
template <typename Number> bool is_within(Number value, double low, double high, bool is_open) noexcept
{
    const auto first = static_cast<Number>(low), last = static_cast<Number>(high);
    return is_open ? value > first && value < last : value >= first && value <= last;
}

bool is_within(const Cell& cell, double low, double high, bool is_open) noexcept
{
    if (const auto* value = std::get_if<float>(&cell))
        return is_within(*value, low, high, is_open);
    return std::visit(
        [&](const auto& value) {
            if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>)
                return is_within(static_cast<double>(value), low, high, is_open);
            return false;
        },
        cell);
}

/// "433.92M"; none for what is no number.
std::optional<double> parse_number(const std::string& text)
{
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const std::string suffix(end);
    const double scale = suffix.empty()  ? 1.0
                         : suffix == "k" ? 1e3
                         : suffix == "M" ? 1e6
                         : suffix == "G" ? 1e9
                                         : 0.0;
    if (end == text.c_str() || scale == 0.0 || !std::isfinite(value))
        return std::nullopt;
    return value * scale;
}

/// Made once, when the first condition is read.
struct ErrorNames {
    ErrorNames()
    {
        for (int i = 0; i < measure::kQuantities; ++i)
            names[static_cast<std::size_t>(i)] =
                std::string(measure::quantity_name(static_cast<measure::Quantity>(i))) + "_error";
    }
    std::array<std::string, measure::kQuantities> names;
};

} // namespace

const char* error_name(measure::Quantity quantity) noexcept
{
    static const ErrorNames all;
    return all.names[static_cast<std::size_t>(quantity)].c_str();
}

class EventFilter::Parser
{
public:
    Parser(const std::string& text, std::vector<Node>& nodes) : text_(text), nodes_(nodes) {}

    int parse()
    {
        const int root = parse_any();
        skip_blanks();
        if (at_ < text_.size())
            fail_here(kForm);
        return root;
    }

private:
    int add(Node node)
    {
        nodes_.push_back(std::move(node));
        return static_cast<int>(nodes_.size()) - 1;
    }

    int parse_any()
    {
        Node node{ Kind::any, { parse_all() } };
        while (take_word("or"))
            node.children.push_back(parse_all());
        return add(std::move(node));
    }

    int parse_all()
    {
        Node node{ Kind::all, { parse_one() } };
        while (take_word("and"))
            node.children.push_back(parse_one());
        return add(std::move(node));
    }

    int parse_one()
    {
        if (test_at_ = at_; ++depth_ > kMaxDepth)
            fail("too many parentheses", "at most " + std::to_string(kMaxDepth));
        int node = 0;
        if (take_word("not")) {
            node = add({ Kind::none, { parse_one() } });
        } else if (take("(")) {
            node = parse_any();
            if (!take(")"))
                fail_here("a closing parenthesis");
        } else {
            node = parse_test();
        }
        --depth_;
        return node;
    }

    int parse_test()
    {
        skip_blanks();
        test_at_ = at_;
        const std::string name = take_name();
        for (const State state : { State::signal, State::noise, State::unknown })
            if (name == to_string(state)) {
                Node node{ Kind::text, {} };
                node.field = place_of("state");
                node.words = { name };
                return add(std::move(node));
            }
        const std::string sign = take_sign();
        if (name == kDrift && sign.empty()) {
            Node node{ Kind::text, {} };
            node.field = place_of(kDrift);
            node.words = { "" };
            node.is_negated = true;
            return add(std::move(node));
        }
        if (name.empty() || sign.empty())
            fail(name.empty() ? text_.substr(at_) : name, kForm);
        Node node{ name == kBand ? Kind::band : name == kDuration ? Kind::duration : Kind::number, {} };
        if (node.kind == Kind::number) {
            node.field = place_of(name);
            const Cell sample = node.field < 0 ? Cell(TimeStamp{ 0 }) : cell_at(complete_event(), node.field);
            if (std::holds_alternative<TimeStamp>(sample))
                fail(name, "one of " + fields());
            if (std::holds_alternative<std::string_view>(sample))
                node.kind = Kind::text;
        }
        node.is_negated = sign == "!=";
        do
            add_value(node, name, sign);
        while (take(","));
        return add(std::move(node));
    }

    static bool is_ordered(Kind kind) { return kind == Kind::number || kind == Kind::duration; }

    void add_value(Node& node, const std::string& name, const std::string& sign)
    {
        const bool is_order = sign[0] == '<' || sign[0] == '>';
        const std::string value = take_value();
        if (value.empty() || (is_order && (!is_ordered(node.kind) || !node.ranges.empty())))
            fail(name + sign + value, is_order ? "one number after < or >" : "a value after " + sign);
        if (node.kind == Kind::text)
            return node.words.push_back(value);
        const auto dots = value.find("..");
        const auto low = parse_number(value.substr(0, dots));
        const auto high = dots == std::string::npos ? low : parse_number(value.substr(dots + 2));
        if (!low || !high || *high < *low || (is_order && dots != std::string::npos))
            fail(name + sign + value,
                 is_order ? "a number, k/M/G allowed" : "a number or LOW..HIGH, k/M/G allowed");
        if (sign == "<")
            node.ranges.push_back({ -kEnd, *high, true });
        else if (sign == "<=")
            node.ranges.push_back({ -kEnd, *high, false });
        else if (sign == ">")
            node.ranges.push_back({ *low, kEnd, true });
        else if (sign == ">=")
            node.ranges.push_back({ *low, kEnd, false });
        else
            node.ranges.push_back({ *low, *high, false });
    }

    void skip_blanks()
    {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
    }

    static bool is_of_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

    std::string take_name()
    {
        skip_blanks();
        const std::size_t start = at_;
        while (at_ < text_.size() && is_of_name(text_[at_]))
            ++at_;
        return text_.substr(start, at_ - start);
    }

    bool take_word(const char* word)
    {
        const std::size_t start = at_;
        if (take_name() == word)
            return true;
        at_ = start;
        return false;
    }

    bool take(const std::string& sign)
    {
        skip_blanks();
        if (text_.compare(at_, sign.size(), sign) != 0)
            return false;
        at_ += sign.size();
        return true;
    }

    std::string take_sign()
    {
        for (const char* sign : { "!=", "<=", ">=", "=", "<", ">" })
            if (take(sign))
                return sign;
        return "";
    }

    std::string take_value()
    {
        skip_blanks();
        const char quote = at_ < text_.size() ? text_[at_] : '\0';
        if (quote == '"' || quote == '\'') {
            const auto end = text_.find(quote, at_ + 1);
            if (end == std::string::npos)
                fail_here("a closing quote");
            const std::string value = text_.substr(at_ + 1, end - at_ - 1);
            at_ = end + 1;
            return value;
        }
        const auto end = std::min(text_.find_first_of(" ,()", at_), text_.size());
        return text_.substr(std::exchange(at_, end), end - at_);
    }

    /// In the test that is being read.
    [[noreturn]] void fail(const std::string& found, const std::string& expected) const
    {
        const std::string place = " (at character " + std::to_string(test_at_ + 1) + ")";
        throw InvalidArgument({ "bad condition", "", found.empty() ? "its end" : found, expected + place });
    }

    [[noreturn]] void fail_here(const std::string& expected)
    {
        test_at_ = at_;
        fail(text_.substr(at_), expected);
    }

    const std::string& text_;
    std::vector<Node>& nodes_;
    std::size_t at_ = 0;
    std::size_t test_at_ = 0; ///< where the test begins, for messages
    int depth_ = 0;
};

EventFilter::EventFilter(const std::string& text)
{
    root_ = Parser(text, nodes_).parse();
}

std::string EventFilter::fields()
{
    std::string text = kBand;
    visit_cells(LabelEvent(), [&](std::string_view name, const Cell& cell) {
        if (!std::holds_alternative<TimeStamp>(cell))
            text += ", " + std::string(name);
    });
    return text + ", " + kDuration;
}

bool EventFilter::holds(int index, const LabelEvent& event) const noexcept
{
    const Node& node = nodes_[static_cast<std::size_t>(index)];
    const auto child_holds = [&](int child) { return holds(child, event); };
    if (node.kind == Kind::any)
        return std::any_of(node.children.begin(), node.children.end(), child_holds);
    if (node.kind == Kind::all)
        return std::all_of(node.children.begin(), node.children.end(), child_holds);
    if (node.kind == Kind::none)
        return !child_holds(node.children.front());
    bool found = false;
    if (node.kind == Kind::text) {
        const Cell cell = cell_at(event, node.field);
        if (const auto* text = std::get_if<std::string_view>(&cell))
            found = std::find(node.words.begin(), node.words.end(), *text) != node.words.end();
    } else {
        const Cell cell = node.kind == Kind::band       ? Cell()
                          : node.kind == Kind::duration ? Cell(static_cast<double>(event.sample_count) / event.sample_rate_hz)
                                                        : cell_at(event, node.field);
        const double lowest = event.center_freq_hz - 0.5 * event.bandwidth_hz,
                     highest = lowest + event.bandwidth_hz;
        found = std::any_of(node.ranges.begin(), node.ranges.end(), [&](const Range& range) {
            return node.kind == Kind::band ? highest >= range.low && lowest <= range.high
                                           : is_within(cell, range.low, range.high, range.is_open);
        });
    }
    return found != node.is_negated;
}

} // namespace prunedamr::stream
