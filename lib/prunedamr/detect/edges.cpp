// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/edges.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::detect {
namespace {

constexpr int kReach = 6;           // tiles: one and a half of the field that is four times as coarse
constexpr int kInside = 8;          // tiles behind an edge that tell the level
constexpr float kEdge = 0.25f;      // of the level
constexpr float kDeviates = 3.5f;   // of the noise, at least
constexpr float kStandsOut = 12.0f; // the same, of the level

/// The envelope of a band of a field, less the noise.
class Envelope
{
public:
    Envelope(const Proposal& box, const TileField& field)
        : field_(field), low_(bin_of(box.low + 0.5 / field.bins())), high_(std::max(low_ + 1, bin_of(box.high + 0.5 / field.bins())))
    {
    }

    int tiles() const { return field_.tiles(); }
    int tile_at(double sample) const { return static_cast<int>(std::floor((sample - field_.start_of(0)) / field_.tile_samples())); }
    float noise() const { return 1.0f / std::sqrt(TileField::kLooks * std::max(1.0f, static_cast<float>(high_ - low_) / TileField::kBinSpread)); }

    float at(int tile) const
    {
        const float* bins = field_.tile(tile);
        float sum = 0.0f;
        for (int b = low_; b < high_; ++b)
            sum += bins[b];
        return sum / static_cast<float>(high_ - low_) - 1.0f;
    }

private:
    int bin_of(double frequency) const
    {
        return std::clamp(static_cast<int>(std::lround((frequency + 0.5) * field_.bins())), 0, field_.bins() - 1);
    }

    const TileField& field_;
    int low_, high_;
};

/// Mean of what is loud in the tiles from `at` on, inwards.
float level_of(const Envelope& envelope, int at, int step, int count)
{
    float values[kInside];
    int used = 0;
    for (int t = at; used < std::min(kInside, count) && t >= 0 && t < envelope.tiles(); t += step)
        values[used++] = envelope.at(t);
    const float loudest = used > 0 ? *std::max_element(values, values + used) : 0.0f;
    float sum = 0.0f;
    int loud = 0;
    for (int i = 0; i < used; ++i)
        if (values[i] >= 0.5f * loudest) {
            sum += values[i];
            ++loud;
        }
    return loud > 0 ? sum / static_cast<float>(loud) : 0.0f;
}

/// The outermost tile that is on, near `at`; -1 where none is, or where it is on farther than can be told.
int edge_near(const Envelope& envelope, int at, int outwards, float least)
{
    const auto on = [&](int t) { return t >= 0 && t < envelope.tiles() && envelope.at(t) >= least; };
    if (on(at)) {
        for (int k = 0; k < kReach; ++k, at += outwards)
            if (!on(at + outwards))
                return at;
        return -1;
    }
    for (int k = 0; k < kReach; ++k)
        if (on(at -= outwards))
            return at;
    return -1;
}

} // namespace

bool sharpen(Proposal& box, const TileField& finer) noexcept
{
    const Envelope envelope(box, finer);
    if (envelope.tiles() < 2)
        return false;
    const float least = envelope.noise() * kDeviates, stands_out = envelope.noise() * kStandsOut;
    const int first = std::clamp(envelope.tile_at(box.start), 0, envelope.tiles() - 1);
    const int last = std::clamp(envelope.tile_at(box.end - 1.0), first, envelope.tiles() - 1);
    const float head = level_of(envelope, first, 1, last - first + 1), tail = level_of(envelope, last, -1, last - first + 1);
    double start = box.start, end = box.end;
    if (box.start > 0.0 && head > stands_out)
        if (const int t = edge_near(envelope, first, -1, std::max(least, kEdge * head)); t >= 0)
            start = finer.start_of(t + 1 - std::clamp(envelope.at(t) / head, 0.2f, 1.0f));
    if (last + 1 < envelope.tiles() && tail > stands_out)
        if (const int t = edge_near(envelope, last, 1, std::max(least, kEdge * tail)); t >= 0)
            end = finer.start_of(t + std::clamp(envelope.at(t) / tail, 0.2f, 1.0f));
    if (end - start >= finer.tile_samples()) {
        box.start = start;
        box.end = end;
    }
    return head > stands_out && tail > stands_out;
}

} // namespace prunedamr::detect
