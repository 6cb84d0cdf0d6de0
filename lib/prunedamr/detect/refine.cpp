// SPDX-License-Identifier: GPL-3.0-or-later
// What a cutter takes from the next field, which is finer in time.
#include "prunedamr/detect/cutter.h"

#include "prunedamr/detect/statistics.h"

#include <cmath>

namespace prunedamr::detect {
namespace {

constexpr float kFineEdge = 0.22f;   // of the reference, in the finer field
constexpr double kFineTiles = 128.0; // of that field, that a box has at most whose edges are refined
constexpr int kMaxFineDepth = 6, kMaxFineTiles = 1024;
constexpr int kFineBins = 4; // from which one tile is enough to tell a gap from noise

float mean_power(const float* values, int count)
{
    float sum = 0.0f;
    for (int i = 0; i < count; ++i)
        sum += values[i];
    return sum / static_cast<float>(count);
}

} // namespace

/// fine_[fine_first_..fine_last_) = envelope of the box's band in the finer field, from `start` to `end`.
bool Cutter::measure_fine(const Proposal& box, double start, double end) noexcept
{
    if (!finer_ || finer_->tiles() < 2)
        return false;
    const int bins = finer_->bins(), samples = finer_->tile_samples();
    const int low = std::clamp(static_cast<int>(std::floor((box.low + 0.5) * bins + 0.7)), 0, bins - 1);
    const int high = std::clamp(static_cast<int>(std::ceil((box.high + 0.5) * bins + 0.3)), low + 1, bins);
    fine_first_ = std::clamp(static_cast<int>(start / samples), 0, finer_->tiles() - 1);
    fine_last_ = std::clamp(static_cast<int>(std::ceil(end / samples)), fine_first_ + 1, finer_->tiles());
    const int count = fine_last_ - fine_first_;
    if (count > static_cast<int>(fine_.size()) || count > static_cast<int>(ranked_.size()))
        return false;
    for (int t = 0; t < count; ++t)
        fine_[t] = mean_power(finer_->tile(fine_first_ + t) + low, high - low) - 1.0f;
    const float noise = 1.0f / std::sqrt(looks_of_bins(high - low));
    fine_reference_ = quantile_above(fine_.data(), count, 3.0f * noise, kReferenceQuantile, ranked_.data());
    fine_gap_ = high - low < kFineBins ? 2 : 1;
    fine_edge_ = std::max(kTimeDeviate * noise, kFineEdge * fine_reference_);
    return fine_reference_ > 1.5f * fine_edge_;
}

/// Edges of a short box, and what lies beside them, by the finer field.
void Cutter::refine(Proposal& box) noexcept
{
    if (!finer_)
        return;
    const int samples = finer_->tile_samples(), whole = finer_->tiles();
    if (box.duration() > kFineTiles * samples ||
        !measure_fine(box, box.start - 6.0 * samples, box.end + 6.0 * samples))
        return;
    const auto on = [&](int t) { return fine_[t] >= fine_edge_; };
    const int from = std::max(0, static_cast<int>(box.start / samples) - 1 - fine_first_);
    const int to = std::min(fine_last_, static_cast<int>(box.end / samples) + 2) - fine_first_;
    int first = from, last = to;
    while (first < last && !on(first))
        ++first;
    while (last > first && !on(last - 1))
        --last;
    if (first >= last)
        return;
    for (int k = 0; k < 3 && first == from - k && first > 0 && on(first - 1); ++k)
        --first;
    for (int k = 0; k < 3 && last == to + k && last < fine_last_ - fine_first_ && on(last); ++k)
        ++last;
    if (box.start > 0.0)
        box.start = fine_start(first);
    if (box.end < static_cast<double>(whole) * samples)
        box.end = fine_end(last);
    if (last - first == 1) { // its middle is all that is known
        box.start = finer_->start_of(fine_first_ + first);
        box.end = finer_->start_of(fine_first_ + last);
    }
    describe_fine(box, first, last);
}

/// Start of what begins within tile `first` of `fine_`; end of what ends within the tile before `last`.
double Cutter::fine_start(int first) const noexcept
{
    return finer_->start_of(fine_first_ + first + 1 - std::clamp(fine_[first] / fine_reference_, 0.2f, 1.0f));
}

double Cutter::fine_end(int last) const noexcept
{
    return finer_->start_of(fine_first_ + last - 1 + std::clamp(fine_[last - 1] / fine_reference_, 0.2f, 1.0f));
}

/// Where the finer field shows gaps.
void Cutter::cut_fine(const TileField& field, Rect rect) noexcept
{
    if (count_ == 0 || !finer_ || !same(rects_[count_ - 1], rect))
        return;
    const Proposal whole = proposals_[count_ - 1];
    if (4 * (rect.last - rect.first) <= kMaxFineTiles &&
        measure_fine(whole, field.start_of(rect.first), field.start_of(rect.last)))
        cut_fine(field, rect, whole, 0, fine_last_ - fine_first_, 0);
}

/// Parts of begin..end, tiles of `fine_`, between its longest gaps, and their parts.
void Cutter::cut_fine(const TileField& field, Rect rect, const Proposal& whole, int begin, int end,
                      int depth) noexcept
{
    const auto on = [&](int t) { return fine_[t] >= fine_edge_; };
    while (begin < end && !on(begin))
        ++begin;
    while (end > begin && !on(end - 1))
        --end;
    if (begin >= end)
        return;
    if (depth > 0)
        add_fine(field, rect, whole, begin, end);
    int longest = 0;
    for (int t = begin, gap = 0; t < end; ++t) {
        gap = on(t) ? 0 : gap + 1;
        longest = std::max(longest, gap);
    }
    if (longest < fine_gap_ || depth == kMaxFineDepth)
        return;
    int first = begin;
    for (int t = begin, gap = 0; t < end && count_ < most(); ++t) {
        if (on(t) && 2 * gap >= longest && gap >= fine_gap_) {
            cut_fine(field, rect, whole, first, t - gap, depth + 1);
            first = t;
        }
        gap = on(t) ? 0 : gap + 1;
    }
    cut_fine(field, rect, whole, first, end, depth + 1);
}

/// What is on in begin..end of `fine_`, of the band of `whole`.
void Cutter::add_fine(const TileField& field, Rect rect, const Proposal& whole, int begin, int end) noexcept
{
    if (count_ >= most())
        return;
    const double start = fine_first_ + begin == 0 ? 0.0 : fine_start(begin), stop = fine_end(end);
    if ((stop - start) * whole.bandwidth() < kLeastArea)
        return;
    rect.first = std::clamp(static_cast<int>(start / field.tile_samples()), rect.first, rect.last - 1);
    rect.last = std::clamp(static_cast<int>(std::ceil(stop / field.tile_samples())), rect.first + 1, rect.last);
    measure_profile(field, rect);
    measure_envelope(field, rect);
    envelope_reference_ =
        std::max(1e-6f, *std::max_element(envelope_.begin() + rect.first, envelope_.begin() + rect.last));
    Proposal& box = proposals_[count_];
    box = Proposal();
    describe(field, rect, box);
    rects_[count_++] = rect;
    box.features[kHull] = lines_ ? Proposal::kAcross : kFine;
    box.low = whole.low;
    box.high = whole.high;
    box.start = start;
    box.end = std::max(stop, start + 0.5 * finer_->tile_samples());
    describe_fine(box, begin, end);
}

/// `fine_` holds its envelope, on from `first` to `last`.
void Cutter::describe_fine(Proposal& box, int first, int last) noexcept
{
    const int count = fine_last_ - fine_first_;
    const auto lowest = [&](int from, int to) {
        float least = 1e9f;
        for (int t = std::max(0, from); t < std::min(count, to); ++t)
            least = std::min(least, fine_[t]);
        return least < 1e9f ? decibels(fine_reference_ / (std::max(least, 0.0f) + 0.1f * fine_edge_)) : -3.0f;
    };
    auto& f = box.features;
    f[kFineBefore] = fine_first_ + first == 0 ? 0.0f : lowest(first - 4, first);
    f[kFineAfter] = fine_first_ + last >= finer_->tiles() ? 0.0f : lowest(last, last + 4);
    f[kFineLowest] = lowest(first + 1, last - 1);
    f[kTimeBandwidth] = static_cast<float>(std::log2(std::max(box.area(), 1e-3)));
}

} // namespace prunedamr::detect
