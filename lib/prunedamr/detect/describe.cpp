// SPDX-License-Identifier: GPL-3.0-or-later
// What a cutter tells of a box from its own field.
#include "prunedamr/detect/cutter.h"

#include "prunedamr/detect/statistics.h"

#include <cmath>

namespace prunedamr::detect {
namespace {

constexpr int kMaxHalves = 512;         // tiles that a correlation is taken over
constexpr float kOnFractionEdge = 0.25f; // of the reference

double sum(const float* values, int count)
{
    double total = 0.0;
    for (int i = 0; i < count; ++i)
        total += values[i];
    return total;
}

/// Mean over the tiles of a rectangle, above the floor; 0 where nothing of it lies in the field.
float mean_excess(const TileField& field, Rect rect)
{
    rect.low = std::max(rect.low, 0);
    rect.high = std::min(rect.high, field.bins());
    rect.first = std::max(rect.first, 0);
    rect.last = std::min(rect.last, field.tiles());
    if (rect.low >= rect.high || rect.first >= rect.last)
        return 0.0f;
    double total = 0.0;
    for (int t = rect.first; t < rect.last; ++t)
        total += sum(field.tile(t) + rect.low, rect.high - rect.low);
    return static_cast<float>(total / (rect.high - rect.low) / (rect.last - rect.first)) - 1.0f;
}

float level_db(float excess, float noise)
{
    return decibels(std::max(excess, 0.0f) + noise);
}

} // namespace

float Cutter::halves(const TileField& field, const Proposal& box) noexcept
{
    const int bins = field.bins();
    const double middle = (box.low + box.high) / 2;
    const auto bin = [&](double f) { return std::clamp(static_cast<int>(std::lround((f + 0.5) * bins)), 0, bins); };
    const auto tile = [&](double s) {
        return std::clamp(static_cast<int>(std::lround(s / field.tile_samples())), 0, field.tiles());
    };
    const int low = bin(box.low), cut = bin(middle), high = bin(box.high);
    const int first = tile(box.start), last = std::min(tile(box.end), first + kMaxHalves);
    if (low >= cut || cut >= high || last - first < 8)
        return 0.0f;
    double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    for (int t = first; t < last; ++t) {
        const double a = sum(field.tile(t) + low, cut - low), b = sum(field.tile(t) + cut, high - cut);
        sa += a;
        sb += b;
        aa += a * a;
        bb += b * b;
        ab += a * b;
    }
    const double n = last - first, va = aa - sa * sa / n, vb = bb - sb * sb / n;
    return va > 0 && vb > 0 ? static_cast<float>((ab - sa * sb / n) / std::sqrt(va * vb)) : 0.0f;
}

/// profile_, envelope_ and their references are those of the rectangle.
void Cutter::describe(const TileField& field, Rect rect, Proposal& box) noexcept
{
    const int width = rect.high - rect.low, count = rect.last - rect.first;
    const float* profile = profile_.data() + rect.low;
    const float* envelope = envelope_.data() + rect.first;
    // A window widens what it shows by about a bin on either side; a first or last tile may be filled in part.
    const double shrink = std::min(1.0, (width - 1) / 3.0);
    const auto part = [&](int t) { return std::clamp(double(envelope_[t] / envelope_reference_), 0.2, 1.0); };
    const int tiles = field.tiles(), gap = std::max(2, width / 16), beside = std::max(2, width / 3);
    box.start = rect.first == 0 ? 0.0 : field.start_of(rect.first + 1 - part(rect.first));
    box.end = rect.last == tiles ? double(tiles) * field.tile_samples() : field.start_of(rect.last - 1 + part(rect.last - 1));
    if (count == 1 && rect.first > 0 && rect.last < tiles) { // its middle is all that is known
        box.start = field.start_of(rect.first);
        box.end = field.start_of(rect.last);
    }
    box.low = field.lower_edge(rect.low + shrink);
    box.high = field.lower_edge(rect.high - shrink);
    box.level = level_;
    box.density = std::max(static_cast<float>(sum(profile, width) / width), 1e-6f);

    auto& f = box.features;
    const float noise = 0.7f / std::sqrt(TileField::kLooks * count), inside = level_db(box.density, noise);
    f[kBins] = std::log2(float(width));
    f[kTiles] = std::log2(float(count));
    f[kDensity] = decibels(box.density);
    f[kPeak] = decibels(*std::max_element(profile, profile + width)) - f[kDensity];
    std::copy(profile, profile + width, ranked_.begin());
    f[kLowestBins] = level_db(quantile(ranked_.data(), width, 0.1f), noise) - inside;
    f[kEvenness] = level_db(quantile(ranked_.data(), width, 0.5f), noise) - inside;
    f[kBelowFloor] = level_db(mean_excess(field, { rect.first, rect.last, rect.low - gap - beside, rect.low - gap }), noise);
    f[kAboveFloor] = level_db(mean_excess(field, { rect.first, rect.last, rect.high + gap, rect.high + gap + beside }), noise);
    f[kBelow] = inside - f[kBelowFloor];
    f[kAbove] = inside - f[kAboveFloor];
    f[kBalance] = level_db(static_cast<float>(sum(profile, width / 2) / std::max(1, width / 2)), noise) -
                  level_db(static_cast<float>(sum(profile + width / 2, width - width / 2) / (width - width / 2)), noise);
    f[kOwnHalves] = halves(field, box);
    const double mean = sum(envelope, count) / count;
    double squares = 0.0;
    int on = 0, off = 0, longest = 0;
    for (int t = 0; t < count; ++t) {
        squares += (envelope[t] - mean) * (envelope[t] - mean);
        const bool is_on = envelope[t] > kOnFractionEdge * envelope_reference_;
        on += is_on;
        off = is_on ? 0 : off + 1;
        longest = std::max(longest, off);
    }
    f[kLongestGap] = static_cast<float>(std::log2(1.0 + longest * field.tile_samples() * box.bandwidth()));
    f[kGapShare] = static_cast<float>(longest) / static_cast<float>(count);
    f[kTimeBandwidth] = static_cast<float>(std::log2(std::max(box.area(), 1e-3)));
    f[kWidth] = static_cast<float>(std::log2(box.bandwidth()));
    f[kSteadiness] = static_cast<float>(std::sqrt(squares / count) / std::max(mean, 1e-6));
    f[kLowestTile] = static_cast<float>(*std::min_element(envelope, envelope + count) / std::max(mean, 1e-6));
    f[kOnFraction] = static_cast<float>(on) / static_cast<float>(count);
    const int around = std::max(2, count / 4);
    f[kBefore] = rect.first == 0 ? 0.0f : inside - level_db(mean_excess(field, { rect.first - 1 - around, rect.first - 1, rect.low, rect.high }), noise);
    f[kAfter] = rect.last == tiles ? 0.0f : inside - level_db(mean_excess(field, { rect.last + 1, rect.last + 1 + around, rect.low, rect.high }), noise);
    f[kCutStart] = rect.first == 0;
    f[kCutEnd] = rect.last == tiles;
    f[kLevel] = static_cast<float>(level_);
}

} // namespace prunedamr::detect
