// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/remnants.h"

#include "prunedamr/detect/choice.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace prunedamr::detect {
namespace {

constexpr float kMinRatio = 0.02f; // to the floor, of a cell
constexpr int kMinTiles = 6, kMinBins = 4;
constexpr int kWideBins = 8;         // that are compared, if the band of the stronger one allows it
constexpr double kOwnPart = 0.6;     // of the band that is searched, which is compared at most
constexpr float kMinCorrelation = 0.3f, kMinDeviations = 4.0f; // of a copy
constexpr float kStronger = 3.0f;    // in density, of what is copied
constexpr double kTogether = 0.25;   // part of the time of a copy in which the other is on, at least
constexpr double kMaxDistance = 8.0;    // bandwidths of an emission, to its lobes
constexpr int kMaxTried = 3;         // neighbors, from the nearest on
constexpr double kWider = 4.0, kShorter = 0.6; // than a line, of the bursts that make it
constexpr double kTilesInBurst = 3.0;
constexpr int kMinBetweenTiles = 3;       // tiles between bursts
constexpr double kMinBetween = 0.3; // part of its power that a line has there
constexpr double kEnoughBins = 10.0, kEnoughTiles = 12.0;

int nearest_bin(const TileField& field, double frequency)
{
    return std::clamp(static_cast<int>(std::lround((frequency + 0.5) * field.bins())), 0, field.bins());
}

int nearest_tile(const TileField& field, double sample)
{
    return std::clamp(static_cast<int>(std::lround((sample - field.start_of(0)) / field.tile_samples())), 0, field.tiles());
}

/// Logarithms of cells, less the mean of each bin.
void take(const TileField& field, int first_tile, int tiles, int low, int bins, float* out)
{
    for (int t = 0; t < tiles; ++t)
        for (int b = 0; b < bins; ++b)
            out[t * bins + b] = std::log(std::max(field.tile(first_tile + t)[low + b], kMinRatio));
    for (int b = 0; b < bins; ++b) {
        double sum = 0.0;
        for (int t = 0; t < tiles; ++t)
            sum += out[t * bins + b];
        const auto mean = static_cast<float>(sum / tiles);
        for (int t = 0; t < tiles; ++t)
            out[t * bins + b] -= mean;
    }
}

} // namespace

Remnants::Remnants()
    : own_(kMaxTiles * kMaxOwn), band_(kMaxTiles * kMaxBand), sums_(kMaxTiles * (kMaxBand + 1)),
      squares_(kMaxTiles * (kMaxBand + 1)), is_dropped_(Choice::kMaxChosen), is_covered_(kMaxLine)
{
}

bool Remnants::see(const TileField& field, const Proposal& box, const Proposal& stronger, Bins own, Bins band) noexcept
{
    const int first = nearest_tile(field, std::max(box.start, stronger.start));
    band_bins_ = std::min(band.count(), kMaxBand);
    own_bins_ = std::min({ std::max(own.count(), kWideBins), static_cast<int>(kOwnPart * band_bins_), kMaxOwn, field.bins() });
    if (own.count() < kMinBins || own_bins_ < kMinBins)
        return false;
    tiles_ = std::min({ nearest_tile(field, std::min(box.end, stronger.end)) - first, kMaxTiles, kMaxCells / own_bins_ });
    if (tiles_ < kMinTiles)
        return false;
    own_low_ = std::clamp(own.low + (own.count() - own_bins_) / 2, 0, field.bins() - own_bins_);
    take(field, first, tiles_, own_low_, own_bins_, own_.data());
    take(field, first, tiles_, band.low, band_bins_, band_.data());
    for (int t = 0; t < tiles_; ++t) {
        float* row = own_.data() + t * own_bins_;
        double mean = 0.0;
        for (int b = 0; b < own_bins_; ++b)
            mean += row[b] / own_bins_;
        for (int b = 0; b < own_bins_; ++b)
            row[b] -= static_cast<float>(mean);
        double *sums = sums_.data() + t * (band_bins_ + 1), *squares = squares_.data() + t * (band_bins_ + 1);
        sums[0] = squares[0] = 0.0;
        for (int b = 0; b < band_bins_; ++b) {
            const double value = band_[static_cast<std::size_t>(t * band_bins_ + b)];
            sums[b + 1] = sums[b] + value;
            squares[b + 1] = squares[b] + value * value;
        }
    }
    return true;
}

/// At all shifts but those within `own_bins_` of `self`, where it would be compared with itself.
Likeness Remnants::best(bool mirrored, int self) const noexcept
{
    double own_energy = 0.0;
    for (int i = 0; i < tiles_ * own_bins_; ++i)
        own_energy += own_[static_cast<std::size_t>(i)] * own_[static_cast<std::size_t>(i)];
    double best = 0.0;
    for (int shift = 0; shift + own_bins_ <= band_bins_; ++shift) {
        if (std::abs(shift - self) < own_bins_)
            continue;
        double common = 0.0, energy = 0.0;
        for (int t = 0; t < tiles_; ++t) {
            const float *own = own_.data() + t * own_bins_, *other = band_.data() + t * band_bins_ + shift;
            float row = 0.0f;
            if (mirrored)
                for (int b = 0; b < own_bins_; ++b)
                    row += own[b] * other[own_bins_ - 1 - b];
            else
                for (int b = 0; b < own_bins_; ++b)
                    row += own[b] * other[b];
            common += row;
            const double *sums = sums_.data() + t * (band_bins_ + 1) + shift,
                         *squares = squares_.data() + t * (band_bins_ + 1) + shift;
            const double sum = sums[own_bins_] - sums[0];
            energy += squares[own_bins_] - squares[0] - sum * sum / own_bins_;
        }
        if (own_energy > 0.0 && energy > 0.0)
            best = std::max(best, common / std::sqrt(own_energy * energy));
    }
    const double independent = (tiles_ - 1) * (own_bins_ - 1) / static_cast<double>(TileField::kBinSpread);
    return { static_cast<float>(best), static_cast<float>(best * std::sqrt(independent)) };
}

Likeness Remnants::shifted(const TileField& field, const Proposal& box, const Proposal& stronger) noexcept
{
    const Bins own{ nearest_bin(field, box.low), nearest_bin(field, box.high) };
    const Bins band{ nearest_bin(field, stronger.low), nearest_bin(field, stronger.high) };
    return see(field, box, stronger, own, band) ? best(false, own_low_ - band.low) : Likeness{};
}

Likeness Remnants::mirrored(const TileField& field, const Proposal& box, const Proposal& stronger) noexcept
{
    if (std::min(box.high, -stronger.low) - std::max(box.low, -stronger.high) < kTogether * box.bandwidth())
        return {};
    const Bins own{ nearest_bin(field, box.low), nearest_bin(field, box.high) };
    const int around = std::max(own.count(), kWideBins);
    const Bins band{ std::max(0, nearest_bin(field, -box.high) - around),
                     std::min(field.bins(), nearest_bin(field, -box.low) + around) };
    return see(field, box, stronger, own, band) ? best(true, own_low_ - band.low) : Likeness{};
}

/// In the field that shows both in enough bins and tiles.
bool Remnants::is_copy(const Proposal& p, const Proposal& q, const std::vector<const TileField*>& fields) noexcept
{
    const TileField* field = nullptr;
    double best_merit = 0.0;
    for (const TileField* one : fields) {
        if (!one)
            continue;
        const double bins = std::min(p.bandwidth(), kOwnPart * q.bandwidth()) * one->bins();
        const double tiles = (std::min(p.end, q.end) - std::max(p.start, q.start)) / one->tile_samples();
        const double merit = std::min(bins / kEnoughBins, 1.0) * std::min(tiles / kEnoughTiles, 1.0);
        if (merit > best_merit) {
            best_merit = merit;
            field = one;
        }
    }
    if (!field)
        return false;
    const auto is_sure = [](const Likeness& l) {
        return l.correlation > kMinCorrelation && l.deviations > kMinDeviations;
    };
    return is_sure(shifted(*field, p, q)) || is_sure(mirrored(*field, p, q));
}

bool Remnants::is_line_of_bursts(const Proposal& p, const Proposal* proposals, const int* chosen, int count,
                                 const std::vector<const TileField*>& fields) noexcept
{
    const auto makes_it = [&](const Proposal& q) {
        return q.low < p.low && q.high > p.high && q.bandwidth() > kWider * p.bandwidth() &&
               q.duration() < kShorter * p.duration() && q.start < p.end && q.end > p.start;
    };
    double shortest = 0.0;
    for (int k = 0; k < count; ++k)
        if (const Proposal& q = proposals[chosen[k]]; makes_it(q))
            shortest = shortest > 0.0 ? std::min(shortest, q.duration()) : q.duration();
    if (shortest == 0.0)
        return false;
    const TileField* field = nullptr; // the finest in frequency that shows the bursts
    for (const TileField* one : fields)
        if (one && (!field || kTilesInBurst * one->tile_samples() <= shortest))
            field = one;
    const int first = nearest_tile(*field, p.start), last = std::min(nearest_tile(*field, p.end), first + kMaxLine);
    std::fill_n(is_covered_.begin(), std::max(0, last - first), 0);
    for (int k = 0; k < count; ++k)
        if (const Proposal& q = proposals[chosen[k]]; makes_it(q))
            for (int t = std::max(first, nearest_tile(*field, q.start) - 1); t < std::min(last, nearest_tile(*field, q.end) + 1); ++t)
                is_covered_[t - first] = 1;
    const int low = std::max(0, nearest_bin(*field, p.low) - 1), high = std::min(field->bins(), nearest_bin(*field, p.high) + 1);
    double between = 0.0;
    int tiles = 0;
    for (int t = first; t < last; ++t) {
        if (is_covered_[t - first])
            continue;
        ++tiles;
        for (int b = low; b < high; ++b)
            between += field->tile(t)[b] - 1.0f;
    }
    const double wanted = p.power() * field->bins(); // sum of the bins of a tile
    return tiles >= kMinBetweenTiles && between < kMinBetween * wanted * tiles;
}

int Remnants::drop(const Proposal* proposals, int* chosen, int count, const std::vector<const TileField*>& fields) noexcept
{
    struct Near {
        double distance;
        int number;
    };
    for (int i = 0; i < count; ++i) {
        const Proposal& p = proposals[chosen[i]];
        Near nearest[kMaxTried + 1]; // and the mirror image's
        int tried = 0;
        for (int k = 0; k < count; ++k) {
            const Proposal& q = proposals[chosen[k]];
            const double together = std::min(p.end, q.end) - std::max(p.start, q.start);
            const double distance = std::max({ 0.0, q.low - p.high, p.low - q.high }) / q.bandwidth();
            const double mirror = std::max({ 0.0, q.low + p.low, -p.high - q.high }) / q.bandwidth();
            if (k == i || q.density < kStronger * p.density || together < kTogether * p.duration() ||
                (distance > kMaxDistance && mirror > 0.0))
                continue;
            const Near one{ mirror > 0.0 ? distance : 0.0, chosen[k] };
            int at = std::min(tried, kMaxTried);
            for (; at > 0 && nearest[at - 1].distance > one.distance; --at)
                nearest[at] = nearest[at - 1];
            nearest[at] = one;
            tried = std::min(tried + 1, kMaxTried);
        }
        is_dropped_[i] = is_line_of_bursts(p, proposals, chosen, count, fields) ||
                         std::any_of(nearest, nearest + tried,
                                     [&](const Near& one) { return is_copy(p, proposals[one.number], fields); });
    }
    int kept = 0;
    for (int i = 0; i < count; ++i)
        if (!is_dropped_[i])
            chosen[kept++] = chosen[i];
    return kept;
}

} // namespace prunedamr::detect
