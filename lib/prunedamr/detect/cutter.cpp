// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/cutter.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/detect/statistics.h"

namespace prunedamr::detect {
namespace {

constexpr int kMaxDepth = 10;
constexpr int kMaxNodes = 4 * Cutter::kMaxProposals;
constexpr int kMaxCut = 3 * Cutter::kMaxProposals / 4; // hulls find room beyond
constexpr float kReferenceQuantile = 0.7f;
constexpr float kBandEdge = 0.06f, kTimeEdge = 0.2f; // of the reference
constexpr float kBandDeviate = 4.0f, kTimeDeviate = 3.5f;
constexpr float kValley_db = 4.0f;
constexpr int kSmoothing = 48;                // a profile is smoothed over its width by this
constexpr int kMaxHull = 4;                   // proposals in a hull
constexpr int kSpeck = 6;                     // bins
constexpr int kNarrow = 12, kNarrowTiles = 4; // bins at most and tiles at least of what may have weak side bands
constexpr int kSideHalf = 3, kSideGap = 4;    // bins: their smoothing, and what is bridged
constexpr float kSideDeviate = 3.5f, kSideFloor = 0.06f;
constexpr float kCut = 0.0f, kHulled = 1.0f, kGrown = 2.0f, kFine = 3.0f;
constexpr int kLeastArea = 10; // time times bandwidth: a pulse of a keyed carrier has less, an emission more
constexpr float kFineEdge = 0.22f; // of the reference, in the finer field
constexpr double kFineTiles = 128.0; // of that field, that a box has at most whose edges are refined
constexpr int kMaxFineDepth = 6, kMaxFineTiles = 1024;
constexpr int kFineBins = 4; // from which one tile is enough to tell a gap from noise

float looks_of_bins(int bins)
{
    return TileField::kLooks * std::max(1.0f, static_cast<float>(bins) / TileField::kBinSpread);
}

PRUNEDAMR_VECTOR_CLONES
void accumulate(float* __restrict sum, const float* __restrict values, int count)
{
    for (int i = 0; i < count; ++i)
        sum[i] += values[i];
}

PRUNEDAMR_VECTOR_CLONES
float sum_of(const float* __restrict values, int count)
{
    float parts[16] = {};
    int i = 0;
    for (; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; ++k)
            parts[k] += values[i + k];
    float sum = 0.0f;
    for (; i < count; ++i)
        sum += values[i];
    for (const float part : parts)
        sum += part;
    return sum;
}

float mean_of(const float* values, int count)
{
    return sum_of(values, count) / static_cast<float>(count);
}

/// out[i] = mean of values i - half..i + half, as far as they are there.
void slide(const float* values, int count, int half, float* out)
{
    double sum = 0.0;
    for (int i = 0, first = 0, last = 0; i < count; ++i) {
        for (; last < std::min(count, i + half + 1); ++last)
            sum += values[last];
        for (; first < i - half; ++first)
            sum -= values[first];
        out[i] = static_cast<float>(sum / (last - first));
    }
}

/// Quantile of those of values[count] above `least`; 0 if there are none.
float quantile_above(const float* values, int count, float least, float fraction, float* scratch)
{
    int kept = 0;
    for (int i = 0; i < count; ++i)
        if (values[i] > least)
            scratch[kept++] = values[i];
    return kept > 0 ? quantile(scratch, kept, fraction) : 0.0f;
}

bool same(const Rect& a, const Rect& b)
{
    return a.first == b.first && a.last == b.last && a.low == b.low && a.high == b.high;
}

} // namespace

Cutter::Cutter(const TileField& field, int level)
    : level_(level), profile_(field.bins()), smooth_(std::max(field.bins(), field.capacity())),
      envelope_(field.capacity()), ranked_(smooth_.size()), left_(smooth_.size()), right_(smooth_.size()),
      fine_(4 * field.capacity() + 4), proposals_(kMaxProposals), rects_(kMaxProposals), nodes_(kMaxNodes)
{
}

/// profile_[rect.low..rect.high) = mean over the tiles, above the floor.
void Cutter::measure_profile(const TileField& field, Rect rect) noexcept
{
    const int width = rect.high - rect.low;
    float* profile = profile_.data() + rect.low;
    std::fill_n(profile, width, 0.0f);
    for (int t = rect.first; t < rect.last; ++t)
        accumulate(profile, field.tile(t) + rect.low, width);
    const float scale = 1.0f / static_cast<float>(rect.last - rect.first);
    for (int i = 0; i < width; ++i)
        profile[i] = profile[i] * scale - 1.0f;
}

void Cutter::measure_envelope(const TileField& field, Rect rect) noexcept
{
    for (int t = rect.first; t < rect.last; ++t)
        envelope_[t] = mean_of(field.tile(t) + rect.low, rect.high - rect.low) - 1.0f;
}

bool Cutter::tighten_bins(Rect& rect) noexcept
{
    const int width = rect.high - rect.low;
    const float* profile = profile_.data() + rect.low;
    const float noise = 1.0f / std::sqrt(TileField::kLooks * static_cast<float>(rect.last - rect.first));
    reference_ = quantile_above(profile, width, 3.0f * noise, kReferenceQuantile, ranked_.data());
    if (!(reference_ > 0.0f))
        return false;
    slide(profile, width, width >= 2 * kSmoothing ? width / (2 * kSmoothing) : 0, smooth_.data());
    const float edge = std::max(kBandDeviate * noise, kBandEdge * reference_);
    int low = 0, high = width;
    while (low < high && smooth_[low] < edge)
        ++low;
    while (high > low && smooth_[high - 1] < edge)
        --high;
    rect.high = rect.low + high;
    rect.low += low;
    return low < high;
}

bool Cutter::tighten_tiles(Rect& rect) noexcept
{
    const int count = rect.last - rect.first;
    const float* envelope = envelope_.data() + rect.first;
    const float noise = 1.0f / std::sqrt(looks_of_bins(rect.high - rect.low));
    envelope_reference_ = quantile_above(envelope, count, 3.0f * noise, kReferenceQuantile, ranked_.data());
    if (!(envelope_reference_ > 0.0f))
        return false;
    const float edge = std::max(kTimeDeviate * noise, kTimeEdge * envelope_reference_);
    int first = 0, last = count;
    while (first < last && envelope[first] < edge)
        ++first;
    while (last > first && envelope[last - 1] < edge)
        --last;
    rect.last = rect.first + last;
    rect.first += first;
    return first < last;
}

/// Leaves profile, envelope and references of the rectangle as it then is.
bool Cutter::tighten(const TileField& field, Rect& rect) noexcept
{
    for (int pass = 0; pass < 3; ++pass) {
        const Rect before = rect;
        measure_profile(field, rect);
        if (!tighten_bins(rect))
            return false;
        measure_envelope(field, rect);
        if (!tighten_tiles(rect))
            return false;
        if (rect.first == before.first && rect.last == before.last)
            break;
    }
    return true;
}

/// Places in the mean spectrum that lie deep below a peak on either side.
Cutter::Cuts Cutter::valleys(Rect rect) noexcept
{
    Cuts cuts;
    const int width = rect.high - rect.low;
    if (width < 3)
        return cuts;
    const float looks = TileField::kLooks * static_cast<float>(rect.last - rect.first);
    const int half = width / (2 * kSmoothing);
    const float smoothed = looks * std::max(1.0f, static_cast<float>(2 * half + 1) / TileField::kBinSpread);
    slide(profile_.data() + rect.low, width, half, smooth_.data());
    const float offset = std::max(0.03f, 0.7f / std::sqrt(smoothed));
    for (int i = 0; i < width; ++i)
        smooth_[i] = decibels(std::max(smooth_[i], 0.0f) + offset);
    left_[0] = smooth_[0];
    for (int i = 1; i < width; ++i)
        left_[i] = std::max(left_[i - 1], smooth_[i]);
    right_[width - 1] = smooth_[width - 1];
    for (int i = width - 2; i >= 0; --i)
        right_[i] = std::max(right_[i + 1], smooth_[i]);
    float deepest = 0.0f;
    for (int i = 0; i < width; ++i) {
        smooth_[i] = std::min(left_[i], right_[i]) - smooth_[i];
        deepest = std::max(deepest, smooth_[i]);
    }
    const float least = std::max(deepest - 4.0f, kValley_db + 13.0f / std::sqrt(smoothed));
    for (int i = 0; i < width && cuts.count < kMaxCuts;) {
        if (smooth_[i] < least) {
            ++i;
            continue;
        }
        int at = i;
        for (; i < width && smooth_[i] >= least; ++i)
            if (smooth_[i] > smooth_[at])
                at = i;
        cuts.at[cuts.count++] = rect.low + at;
    }
    return cuts;
}

/// Starts of the gaps in the envelope that are at least half as long as the longest; the parts are drawn tight
/// later.
Cutter::Cuts Cutter::gaps(Rect rect) noexcept
{
    Cuts cuts;
    const float noise = 1.0f / std::sqrt(looks_of_bins(rect.high - rect.low));
    const float edge = std::max(kTimeDeviate * noise, kTimeEdge * envelope_reference_);
    for (int pass = 0, longest = 0; pass < 2; ++pass)
        for (int t = rect.first; t < rect.last;) {
            const int start = t;
            while (t < rect.last && envelope_[t] < edge)
                ++t;
            if (pass == 0)
                longest = std::max(longest, t - start);
            else if (t > start && t - start >= (longest + 1) / 2 && cuts.count < kMaxCuts)
                cuts.at[cuts.count++] = start;
            if (t == start)
                ++t;
        }
    return cuts;
}

void Cutter::later(Rect rect, int depth) noexcept
{
    if (node_count_ < kMaxNodes)
        nodes_[node_count_++] = { rect, depth };
}

void Cutter::cut(const TileField& field, Rect rect, int depth) noexcept
{
    if (count_ >= kMaxCut || !tighten(field, rect) ||
        2 * (rect.last - rect.first) * (rect.high - rect.low) < kLeastArea)
        return;
    add(field, rect, kCut);
    if (depth == kMaxDepth)
        return;
    const Cuts bands = valleys(rect);
    if (bands.count > 0) {
        for (int i = 0, low = rect.low; i <= bands.count; ++i) {
            const int high = i < bands.count ? bands.at[i] : rect.high;
            if (high > low)
                later({ rect.first, rect.last, low, high }, depth + 1);
            low = high;
        }
        return;
    }
    const Cuts times = gaps(rect);
    if (times.count == 0) {
        cut_fine(field, rect);
        return grow(field, rect);
    }
    for (int i = 0, first = rect.first; i <= times.count; ++i) {
        const int last = i < times.count ? times.at[i] : rect.last;
        if (last > first)
            later({ first, last, rect.low, rect.high }, depth + 1);
        first = last;
    }
}

/// A carrier's side bands may be too weak for a blob; over all its tiles they show.
void Cutter::grow(const TileField& field, Rect rect) noexcept
{
    const int width = rect.high - rect.low, count = rect.last - rect.first;
    if (width > kNarrow || count < kNarrowTiles)
        return;
    const int reach = 4 * width + 32, low = std::max(0, rect.low - reach),
              high = std::min(field.bins(), rect.high + reach);
    measure_profile(field, { rect.first, rect.last, low, high });
    slide(profile_.data() + low, high - low, kSideHalf, smooth_.data());
    const float looks = TileField::kLooks * static_cast<float>(count) * (2 * kSideHalf + 1) / TileField::kBinSpread;
    const float least = kSideFloor + kSideDeviate / std::sqrt(looks);
    const auto shows = [&](int b) { return smooth_[b - low] > least; };
    Rect grown = rect;
    for (int b = rect.low - 1; b >= low && b >= grown.low - kSideGap; --b)
        grown.low = shows(b) ? b : grown.low;
    for (int b = rect.high; b < high && b < grown.high + kSideGap; ++b)
        grown.high = shows(b) ? b + 1 : grown.high;
    grown.low = std::min(rect.low, grown.low + kSideHalf);
    grown.high = std::max(rect.high, grown.high - kSideHalf);
    if (10 * (grown.high - grown.low) < 13 * width)
        return;
    measure_envelope(field, grown);
    Rect tight = grown;
    if (tighten_tiles(tight))
        add(field, grown, kGrown);
}

void Cutter::propose(const TileField& field, const TileField* finer, const Blobs& blobs) noexcept
{
    finer_ = finer;
    count_ = 0;
    node_count_ = 0;
    for (int i = 0; i < blobs.count(); ++i)
        later(blobs.rects()[i], 0);
    for (int i = 0; i < node_count_; ++i) // whole ones first, so that it is the smallest parts that find no room
        cut(field, nodes_[i].rect, nodes_[i].depth);
    add_hulls(field);
}

/// False if it is there already or does not count.
bool Cutter::add(const TileField& field, Rect rect, float kind) noexcept
{
    if (level_ > 0 && rect.last - rect.first == 1 && rect.high - rect.low < kSpeck)
        return false; // the next coarser field sees it better
    for (int i = std::max(0, count_ - 64); kind != kFine && i < count_; ++i)
        if (same(rects_[i], rect))
            return false;
    if (count_ == kMaxProposals)
        return false;
    Proposal& box = proposals_[count_];
    box = Proposal();
    rects_[count_++] = rect;
    describe(field, rect, box);
    box.features[kHull] = kind;
    refine(box);
    return true;
}

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
        fine_[t] = mean_of(finer_->tile(fine_first_ + t) + low, high - low) - 1.0f;
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
void Cutter::cut_fine(const TileField& field, Rect rect, const Proposal& whole, int begin, int end, int depth) noexcept
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
    for (int t = begin, gap = 0; t < end && count_ < kMaxCut; ++t) {
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
    if (count_ >= kMaxCut)
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
    box.features[kHull] = kFine;
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

/// Tones, side bands and carriers: neighbors of like power that are on together.
void Cutter::add_hulls(const TileField& field) noexcept
{
    const int count = count_;
    for (int i = 0; i < count; ++i) {
        Rect hull = rects_[i];
        for (int size = 2; size <= kMaxHull; ++size) {
            int best = -1;
            for (int k = 0; k < count; ++k) {
                const Rect& other = rects_[k];
                const int together = std::min(other.last, hull.last) - std::max(other.first, hull.first);
                if (other.low < hull.high ||
                    2 * together < std::max(other.last - other.first, hull.last - hull.first) ||
                    (best >= 0 && (other.low > rects_[best].low ||
                                   (other.low == rects_[best].low && other.high <= rects_[best].high))))
                    continue;
                best = k;
            }
            if (best < 0)
                break;
            const Rect& next = rects_[best];
            const double ratio = proposals_[best].power() / proposals_[i].power();
            const int gap = next.low - hull.high,
                      width = std::max(next.high - next.low, rects_[i].high - rects_[i].low);
            if (ratio > 10.0 || ratio < 0.1 || gap > 16 * width)
                break;
            hull = { std::min(hull.first, next.first), std::max(hull.last, next.last), hull.low, next.high };
            measure_profile(field, hull);
            measure_envelope(field, hull);
            Rect tight = hull;
            if (tighten_tiles(tight) && tighten_bins(hull))
                add(field, hull, kHulled);
        }
    }
}

} // namespace prunedamr::detect
