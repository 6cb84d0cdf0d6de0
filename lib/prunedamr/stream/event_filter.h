// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"

#include <string>
#include <vector>

namespace prunedamr::stream {

/// A condition on events, as users write it:
///
///     unknown or confidence<0.6 or label=OOK,2FSK and not band=433M..435M
///
/// Tests are joined by `or`, `and` (which binds more tightly), `not` and parentheses. A test is a state (`signal`,
/// `noise`, `unknown`), `drift` (of an event that tells of it), or a field of the event (`visit_cells`) with = != < <= > >= and a value: a number with a
/// suffix k, M or G or none, a range LOW..HIGH, or text, in quotes where it holds blanks; of several values with
/// commas between them any will do. `band` is the signal's own, center -+ half its width: `=` says that the two
/// overlap; `duration_s` is that of its samples. A field that an event does not have passes no test but `!=`.
class EventFilter
{
public:
    /// Throws `InvalidArgument` that says what was found and expected, and where.
    explicit EventFilter(const std::string& text);

    /// Whether `event` meets it. Neither allocates nor throws.
    bool operator()(const LabelEvent& event) const noexcept { return holds(root_, event); }

    static std::string fields(); ///< that may be tested, for messages: "source, seq, ..."

private:
    enum class Kind { any, all, none, text, number, band, duration };
    struct Range {
        double low, high;
        bool is_open; ///< these two do not belong to it
    };
    struct Node {
        Kind kind;
        std::vector<int> children = {}; ///< of any, all, none
        int field = 0;                  ///< place in `visit_cells`
        bool is_negated = false;
        std::vector<std::string> words = {}; ///< of text
        std::vector<Range> ranges = {};      ///< of number, band and duration
    };
    class Parser;

    bool holds(int node, const LabelEvent& event) const noexcept;

    std::vector<Node> nodes_;
    int root_ = 0;
};

} // namespace prunedamr::stream
