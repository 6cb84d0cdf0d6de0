// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

/// Whether a new model does worse than the one before it where it works. Counted are decisions on signals, in blocks of
/// `kBlock` in their order, so that what lasts long is not taken for many independent decisions; of each block the
/// fraction of unknown and the mean confidence. Looks after 125, 250, 375 and 500 decisions with the new model compare
/// its blocks with the last 500 decisions of the old one: a one-sided permutation test of the difference of the means,
/// for each of the two. As long as blocks are exchangeable while nothing has changed, an update is returned by mistake
/// with a chance of at most `kFalseReturn`. A difference below `kLeast` never counts. Used by one thread at a time.
class ReturnWatch
{
public:
    static constexpr int kBlock = 25, kBlocks = 20, kLooks = 4;
    static constexpr int kLeastBefore = 5; ///< blocks; with fewer, nothing can be told
    static constexpr double kFalseReturn = 1e-3, kLeast = 0.05;

    struct Block {
        double unknown = 0.0, confidence = 0.0; ///< means, 0..1
    };
    using Blocks = std::vector<Block>;

    ReturnWatch() { now_.reserve(kBlocks); }

    /// A decision with the present model; what is noise does not count. Allocates nothing.
    void add(stream::State state, double confidence) noexcept;

    /// The blocks of the present model, at most `kBlocks`, oldest first.
    Blocks blocks() const;

    /// From here on decisions are of a new model, which is on trial against these blocks.
    void begin(Blocks before);
    void end(); ///< no model is on trial any more
    bool is_on() const noexcept { return before_.has_value(); }

    /// A test of drift says that the signals do not look as the new model expects (whoever watches drift tells it):
    /// reason enough to return.
    void note_drift(const std::string& what);

    struct Verdict {
        bool goes_back = false; ///< else the new model stays
        std::string reason;     ///< one line, with numbers
    };
    /// None as long as there is nothing to decide.
    std::optional<Verdict> verdict();

private:
    std::optional<Blocks> before_;
    Blocks now_;
    int in_block_ = 0, unknown_ = 0, looked_ = 0;
    double confidence_ = 0.0;
    std::string drift_;
};

/// The chance that, of all ways to divide the values of both lists anew, the mean of the second exceeds that of the
/// first by as much as it does, or more; of 20,000 seeded ways (Phipson & Smyth 2010).
double permutation_chance(const std::vector<double>& first, const std::vector<double>& second);

} // namespace prunedamr::receiver
