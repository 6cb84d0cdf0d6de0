// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/choice.h"

#include "prunedamr/detect/context.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::detect {
namespace {

constexpr double kMaxCommon = 0.25; // part of the smaller box that two emissions may share
constexpr double kMaxCrossed = 0.7; // the same, of one that crosses a lasting line
constexpr double kLonger = 4.0, kNarrower = 1.5; // than what crosses it, of a line
constexpr double kHeld = 0.8;       // part of a box in another that holds it
constexpr float kNone = -12.0f;     // log-odds of what is not there
constexpr float kLeastPart = -2.5f; // log-odds from which something is taken for a part
constexpr int kMaxParts = 24;

double shared_area(const Proposal& a, const Proposal& b)
{
    const double time = std::min(a.end, b.end) - std::max(a.start, b.start);
    const double band = std::min(a.high, b.high) - std::max(a.low, b.low);
    return time > 0.0 && band > 0.0 ? time * band : 0.0;
}

/// Whether the line lasts beyond what crosses it, which is wider on both sides.
bool crosses(const Proposal& p, const Proposal& line)
{
    return p.is_across() && line.low > p.low && line.high < p.high &&
           line.duration() > kLonger * p.duration() && p.bandwidth() > kNarrower * line.bandwidth();
}

bool excludes(const Proposal& a, const Proposal& b)
{
    return common_part(a, b) > (crosses(a, b) || crosses(b, a) ? kMaxCrossed : kMaxCommon);
}

bool holds(const Proposal& outer, const Proposal& inner, double shared)
{
    return shared > kHeld * inner.area() && shared <= kTwin * (outer.area() + inner.area() - shared) &&
           outer.area() > inner.area();
}

} // namespace

Choice::Choice(int max_proposals)
    : order_(max_proposals), chosen_(kMaxChosen), taken_(kMaxParts), parts_mean_(max_proposals)
{
    parts_.reserve(max_proposals);
}

int Choice::rank(const Proposal* proposals, int count, float min_score) noexcept
{
    int kept = 0;
    for (int i = 0; i < count; ++i)
        if (proposals[i].score >= min_score)
            order_[kept++] = i;
    std::sort(order_.begin(), order_.begin() + kept, [&](int a, int b) {
        return proposals[a].score != proposals[b].score ? proposals[a].score > proposals[b].score : a < b;
    });
    return kept;
}

/// `parts_`: what it holds and may be a part; the best of them that do not overlap are its parts.
void Choice::describe_parts(Proposal& p, const Proposal* proposals) noexcept
{
    auto& f = p.features;
    int taken = 0;
    double power = 0.0, score = 0.0, band = 0.0, time = 0.0, levels[2] = {}, lengths[2] = {};
    for (const int k : parts_) {
        if (taken == kMaxParts)
            break;
        const Proposal& q = proposals[k];
        if (std::any_of(taken_.begin(), taken_.begin() + taken,
                        [&](int other) { return common_part(proposals[other], q) > kMaxCommon; }))
            continue;
        taken_[taken++] = k;
        score += q.score;
        power += q.power() * q.duration();
        band += q.bandwidth();
        time += q.duration();
        const double level = q.features[kDensity], length = std::log2(q.duration());
        levels[0] += level;
        levels[1] += level * level;
        lengths[0] += length;
        lengths[1] += length * length;
    }
    const double n = std::max(1, taken);
    const auto spread = [&](const double* sums) {
        return static_cast<float>(std::sqrt(std::max(0.0, sums[1] / n - sums[0] / n * (sums[0] / n))));
    };
    f[kParts] = static_cast<float>(taken);
    f[kPartsScore] = taken > 0 ? static_cast<float>(score / n) : kNone;
    f[kPartsPower] = static_cast<float>(power / (p.power() * p.duration()));
    f[kPartsBand] = static_cast<float>(band / n / p.bandwidth());
    f[kPartsTime] = static_cast<float>(time / n / p.duration());
    f[kPartsSpread] = spread(levels);
    f[kPartsLengths] = spread(lengths);
}

void Choice::describe_rivals(Proposal* proposals, int count) noexcept
{
    const std::size_t capacity = order_.size();
    for (int i = 0; i < count; ++i) {
        Proposal& p = proposals[i];
        auto& f = p.features;
        f[kScore] = p.score;
        f[kBestTwin] = f[kBestOuter] = f[kBestCrossing] = f[kBestInner] = f[kOuterParts] = kNone;
        f[kBestOuterArea] = 0.0f;
        parts_.clear();
        for (int k = 0; k < count && proposals[k].start < p.end; ++k) {
            const Proposal& q = proposals[k];
            const double shared = k == i || q.end <= p.start || !p.sees(q) ? 0.0 : shared_area(p, q);
            if (shared <= 0.0)
                continue;
            if (shared > kTwin * (p.area() + q.area() - shared))
                f[kBestTwin] = std::max(f[kBestTwin], q.score);
            else if (holds(q, p, shared)) {
                if (q.score > f[kBestOuter]) {
                    f[kBestOuter] = q.score;
                    f[kBestOuterArea] = static_cast<float>(std::log2(q.area() / p.area()));
                    f[kOuterParts] = static_cast<float>(k); // for now, whose parts these are
                }
            } else if (holds(p, q, shared)) {
                f[kBestInner] = std::max(f[kBestInner], q.score);
                if (q.score > kLeastPart && parts_.size() < capacity)
                    parts_.push_back(k);
            } else if (shared > kMaxCommon * std::min(p.area(), q.area()))
                f[kBestCrossing] = std::max(f[kBestCrossing], q.score);
        }
        std::sort(parts_.begin(), parts_.end(), [&](int a, int b) {
            return proposals[a].score != proposals[b].score ? proposals[a].score > proposals[b].score : a < b;
        });
        describe_parts(p, proposals);
    }
    for (int i = 0; i < count; ++i) {
        float& outer = proposals[i].features[kOuterParts];
        if (outer >= 0.0f)
            parts_mean_[i] = proposals[static_cast<int>(outer)].features[kPartsScore];
        else
            parts_mean_[i] = kNone;
    }
    for (int i = 0; i < count; ++i)
        proposals[i].features[kOuterParts] = parts_mean_[i];
}

int Choice::choose(const Proposal* proposals, int count, float min_score) noexcept
{
    const int ranked = rank(proposals, count, min_score);
    int chosen = 0;
    for (int i = 0; i < ranked && chosen < kMaxChosen; ++i) {
        const Proposal& p = proposals[order_[i]];
        if (std::none_of(chosen_.begin(), chosen_.begin() + chosen,
                         [&](int other) { return excludes(proposals[other], p); }))
            chosen_[chosen++] = order_[i];
    }
    return chosen;
}

} // namespace prunedamr::detect
