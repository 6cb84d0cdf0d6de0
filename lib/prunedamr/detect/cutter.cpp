// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/cutter.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/detect/statistics.h"

namespace prunedamr::detect {
namespace {

constexpr int kMaxDepth = 10;
constexpr int kMaxNodes = 4 * Cutter::kMaxProposals;
constexpr float kBandEdge = 0.06f, kTimeEdge = 0.2f; // of the reference
constexpr float kBandDeviate = 4.0f;
constexpr float kValley_db = 4.0f;
constexpr int kSmoothing = 48;                // a profile is smoothed over its width by this
constexpr int kMaxHull = 4;                   // proposals in a hull
constexpr int kSpeck = 6;                     // bins
constexpr int kNarrow = 12, kNarrowTiles = 4; // bins at most and tiles at least of what may have weak side bands
constexpr int kSideHalf = 3, kSideGap = 4;    // bins: their smoothing, and what is bridged
constexpr float kSideDeviate = 3.5f, kSideFloor = 0.06f;
constexpr float kCut = 0.0f, kHulled = 1.0f, kGrown = 2.0f;

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
    if (count_ >= most() || !tighten(field, rect) || (lines_ && !lines_->crossed_by(rect)) ||
        2 * (rect.last - rect.first) * (rect.high - rect.low) < kLeastArea)
        return;
    add(field, rect, lines_ ? Proposal::kAcross : kCut);
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
        if (!lines_)
            grow(field, rect);
        return;
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

void Cutter::propose_across(const TileField& field, const TileField* finer, const Blobs& blobs,
                            const Lines& lines) noexcept
{
    finer_ = finer;
    lines_ = &lines;
    node_count_ = 0;
    for (int i = 0; i < blobs.count(); ++i)
        if (lines.crossed_by(blobs.rects()[i]))
            later(blobs.rects()[i], 0);
    for (int i = 0; i < node_count_; ++i)
        cut(field, nodes_[i].rect, nodes_[i].depth);
    lines_ = nullptr;
}

/// Unless it is there already or does not count.
void Cutter::add(const TileField& field, Rect rect, float kind) noexcept
{
    if (level_ > 0 && rect.last - rect.first == 1 && rect.high - rect.low < kSpeck)
        return; // the next coarser field sees it better
    for (int i = std::max(0, count_ - 64); i < count_; ++i)
        if (same(rects_[i], rect))
            return;
    if (count_ == kMaxProposals)
        return;
    Proposal& box = proposals_[count_];
    box = Proposal();
    rects_[count_++] = rect;
    describe(field, rect, box);
    box.features[kHull] = kind;
    refine(box);
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
