// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/blobs.h"
#include "prunedamr/detect/lines.h"
#include "prunedamr/detect/proposal.h"

#include <algorithm>
#include <vector>

namespace prunedamr::detect {

/// Boxes that may hold an emission, of one field of ratios to the floor: of each blob its bounds, drawn tight, then
/// what recursive cuts leave (Nagy's X-Y cuts, here of the mean spectrum at its valleys and of the envelope at its
/// gaps, the deepest and longest first), so that boxes nest from coarse to fine; the hulls of neighbors that are on
/// together and alike; and what is weak on either side of a narrow one, as far as it hangs together. A short one's
/// times are those of the next field, which is finer in time, and where that shows gaps it is cut once more.
/// Allocates at construction only.
class Cutter
{
public:
    static constexpr int kMaxProposals = 1536; ///< of a field
    static constexpr float kFine = 3.0f;       ///< the feature kHull of what was cut in the finer field

    Cutter(const TileField& field, int level);

    /// `finer`: the next field, four times as fine in time; none for the finest.
    void propose(const TileField& field, const TileField* finer, const Blobs& blobs) noexcept;

    /// Adds what crosses a line. Field, finer field and blobs: those where the lines are covered.
    void propose_across(const TileField& field, const TileField* finer, const Blobs& blobs, const Lines& lines) noexcept;

    int count() const noexcept { return count_; }
    Proposal* proposals() noexcept { return proposals_.data(); }

    /// Correlation, over the tiles of a box, of what its lower and its upper half hold; 0 where it cannot be told.
    static float halves(const TileField& field, const Proposal& box) noexcept;

private:
    static constexpr int kMaxCuts = 48;
    static constexpr int kMaxCut = 3 * kMaxProposals / 4; // hulls find room beyond
    static constexpr int kLeastArea =
        10; // time times bandwidth: a pulse of a keyed carrier has less, an emission more
    static constexpr float kReferenceQuantile = 0.7f, kTimeDeviate = 3.5f;

    int most() const noexcept { return lines_ ? kMaxProposals : kMaxCut; }
    static float looks_of_bins(int bins) noexcept
    {
        return TileField::kLooks * std::max(1.0f, static_cast<float>(bins) / TileField::kBinSpread);
    }
    static bool same(const Rect& a, const Rect& b) noexcept
    {
        return a.first == b.first && a.last == b.last && a.low == b.low && a.high == b.high;
    }

    struct Cuts {
        int count = 0;
        int at[kMaxCuts];
    };

    void measure_profile(const TileField& field, Rect rect) noexcept;
    void measure_envelope(const TileField& field, Rect rect) noexcept;
    bool tighten(const TileField& field, Rect& rect) noexcept;
    bool tighten_bins(Rect& rect) noexcept;
    bool tighten_tiles(Rect& rect) noexcept;
    void later(Rect rect, int depth) noexcept;
    void cut(const TileField& field, Rect rect, int depth) noexcept;
    Cuts valleys(Rect rect) noexcept;
    Cuts gaps(Rect rect) noexcept;
    void grow(const TileField& field, Rect rect) noexcept;
    void add(const TileField& field, Rect rect, float kind) noexcept;
    bool measure_fine(const Proposal& box, double start, double end) noexcept;
    void refine(Proposal& box) noexcept;
    void describe_fine(Proposal& box, int first, int last) noexcept;
    double fine_start(int first) const noexcept;
    double fine_end(int last) const noexcept;
    void cut_fine(const TileField& field, Rect rect) noexcept;
    void cut_fine(const TileField& field, Rect rect, const Proposal& whole, int begin, int end, int depth) noexcept;
    void add_fine(const TileField& field, Rect rect, const Proposal& whole, int begin, int end) noexcept;
    void describe(const TileField& field, Rect rect, Proposal& box) noexcept;
    void add_hulls(const TileField& field) noexcept;

    int level_;
    const TileField* finer_ = nullptr;
    const Lines* lines_ = nullptr; ///< that are covered
    float fine_edge_ = 0.0f, fine_reference_ = 0.0f;
    int fine_first_ = 0, fine_last_ = 0, fine_gap_ = 1;
    float reference_ = 0.0f, envelope_reference_ = 0.0f;
    std::vector<float> profile_, smooth_, envelope_, ranked_, left_, right_;
    std::vector<float> fine_; ///< envelope of a box in the finer field
    std::vector<Proposal> proposals_;
    std::vector<Rect> rects_; ///< of the proposals
    struct Node {
        Rect rect;
        int depth;
    };
    std::vector<Node> nodes_; ///< what is still to be cut
    int node_count_ = 0;
    int count_ = 0;
};

} // namespace prunedamr::detect
