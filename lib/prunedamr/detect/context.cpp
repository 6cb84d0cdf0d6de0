// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/context.h"

#include "prunedamr/detect/statistics.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace prunedamr::detect {
namespace {

constexpr float kNoRatioDb = -60.0f;      // dB, of a ratio that is not there
constexpr double kLeastMirror = 0.3; // likeness of an image

double common(double a0, double a1, double b0, double b1)
{
    return std::max(0.0, std::min(a1, b1) - std::max(a0, b0));
}

float log2_of(double value)
{
    return static_cast<float>(std::log2(std::max(value, 1e-6)));
}

/// The neighbor that is on with it and lies over it by most, where 12 dB are taken off for each doubling of the
/// distance in its own widths.
struct Mask {
    float weight = kNoRatioDb;
    const Proposal* neighbor = nullptr;

    void see(Proposal& p, const Proposal& q, double together)
    {
        const double distance = std::max(q.low - p.high, p.low - q.high);
        if (distance < 0.0 || together < 0.3 * p.duration() || q.power() < 2.0 * p.power())
            return;
        const float ratio = decibels(static_cast<float>(q.power() / p.power()));
        const float away = log2_of(1.0 + distance / q.bandwidth()), merit = ratio - 12.0f * away;
        if (merit <= weight)
            return;
        weight = merit;
        neighbor = &q;
        auto& f = p.features;
        f[kMaskRatio] = ratio;
        f[kMaskDistance] = away;
        f[kMaskDistanceOwn] = log2_of(1.0 + distance / p.bandwidth());
        f[kMaskDensity] = decibels(q.density / p.density);
        f[kMaskTime] = static_cast<float>(together / (p.duration() + q.duration() - together));
    }
};

/// Lobes come in pairs: how like it is what lies as far on the other side of the neighbor, 0..1.
float partner(const Proposal& p, const Proposal& neighbor, const Proposal* proposals, int count)
{
    const double shift = neighbor.low + neighbor.high, low = shift - p.high, high = shift - p.low;
    float best = 0.0f;
    for (int k = 0; k < count && proposals[k].start < p.end; ++k) {
        const Proposal& q = proposals[k];
        const double band = common(low, high, q.low, q.high), together = common(p.start, p.end, q.start, q.end);
        if (band <= 0.0 || together <= 0.0 || !p.sees(q))
            continue;
        const double same =
            band / (p.bandwidth() + q.bandwidth() - band) * together / (p.duration() + q.duration() - together);
        const double level = std::min(p.density / q.density, q.density / p.density);
        best = std::max(best, static_cast<float>(same * level));
    }
    return best;
}

/// The image of q, if it is p: the stronger box that the mirror lays best onto it.
void see_mirror(Proposal& p, const Proposal& q, double together, double& likeness)
{
    const double band = common(p.low, p.high, -q.high, -q.low);
    if (band <= 0.0 || q.power() < 10.0 * p.power())
        return;
    const double same =
        band / (p.bandwidth() + q.bandwidth() - band) * together / (p.duration() + q.duration() - together);
    if (same <= std::max(likeness, kLeastMirror))
        return;
    likeness = same;
    p.features[kMirrorRatio] = decibels(static_cast<float>(q.power() / p.power()));
}

/// What p and q are when both boxes meet.
void see_overlap(Proposal& p, const Proposal& q, double together, double band)
{
    auto& f = p.features;
    const double shared = together * band;
    const float time = static_cast<float>(together / (p.duration() + q.duration() - together));
    if (shared > kTwin * (p.area() + q.area() - shared)) {
        if (p.level != q.level) {
            f[kTwinCount] += 1.0f;
            f[kTwinBest] = std::max(f[kTwinBest], static_cast<float>(shared / (p.area() + q.area() - shared)));
        }
    } else if (shared > 0.8 * p.area() && q.area() > p.area()) {
        const float area = log2_of(q.area() / p.area());
        if (const float merit = q.density / p.density;
            f[kOuterArea] == 0.0f || merit > std::pow(10.0f, 0.1f * f[kOuterDensity])) {
            f[kOuterArea] = area;
            f[kOuterDensity] = decibels(merit);
            f[kOuterTime] = time;
        }
    } else if (shared > 0.8 * q.area() && q.area() < p.area()) {
        const auto part = static_cast<float>(q.density * shared / (p.density * p.area()));
        if (part > 0.05f) {
            f[kInnerCount] += 1.0f;
            f[kInnerArea] = std::max(f[kInnerArea], static_cast<float>(shared / p.area()));
        }
        if (part > f[kInnerLargest]) {
            f[kInnerLargest] = part;
            f[kInnerTime] = time;
        }
    }
}

} // namespace

double common_part(const Proposal& a, const Proposal& b) noexcept
{
    return common(a.start, a.end, b.start, b.end) * common(a.low, a.high, b.low, b.high) /
           std::min(a.area(), b.area());
}

void describe_context(Proposal* proposals, int count) noexcept
{
    std::sort(proposals, proposals + count, [](const Proposal& a, const Proposal& b) {
        return std::tie(a.start, a.end, a.low, a.high, a.level) < std::tie(b.start, b.end, b.low, b.high, b.level);
    });
    for (int i = 0; i < count; ++i) {
        Proposal& p = proposals[i];
        auto& f = p.features;
        f[kMaskRatio] = f[kMaskDensity] = f[kMirrorRatio] = f[kOuterDensity] = kNoRatioDb;
        f[kCenterDistance] = log2_of(std::abs(p.low + p.high) / 2 / p.bandwidth());
        Mask mask;
        double mirror = 0.0;
        for (int k = 0; k < count && proposals[k].start < p.end; ++k) {
            const Proposal& q = proposals[k];
            if (k == i || q.end <= p.start || !p.sees(q))
                continue;
            const double together = common(p.start, p.end, q.start, q.end);
            mask.see(p, q, together);
            see_mirror(p, q, together, mirror);
            if (const double band = common(p.low, p.high, q.low, q.high); band > 0.0)
                see_overlap(p, q, together, band);
        }
        if (mask.neighbor)
            f[kPartner] = partner(p, *mask.neighbor, proposals, count);
        f[kInnerCount] = std::log2(1.0f + f[kInnerCount]);
    }
}

} // namespace prunedamr::detect
