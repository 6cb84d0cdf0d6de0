// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/lines.h"

#include "prunedamr/detect/statistics.h"

#include <algorithm>

namespace prunedamr::detect {
namespace {

constexpr float kOn = 2.0f, kSkirt = 1.5f; // of the floor, of a lasting bin; of what belongs to it
constexpr int kWidest = 12;                // bins of a line
constexpr int kSide = 3, kApart = 4;       // bins that tell what lies beside a line, and between two lines at least
constexpr float kGone = 0.25f;             // of its median: a tile without the line
constexpr int kMostGone = 16;              // one tile in so many at most
constexpr int kShare = 8;                  // one part in so many of the bins may be covered

float mean(const float* values, int count)
{
    float sum = 0.0f;
    for (int i = 0; i < count; ++i)
        sum += values[i];
    return sum / static_cast<float>(count);
}

} // namespace

Lines::Lines(const TileField& field)
    : bins_(field.bins()), columns_(field.bins() / kShare),
      kept_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(field.capacity())), powers_(field.capacity()),
      ranked_(field.capacity())
{
}

bool Lines::is_steady(const TileField& field, const Line& line) noexcept
{
    const int tiles = field.tiles();
    for (int t = 0; t < tiles; ++t)
        powers_[t] = ranked_[t] = mean(field.tile(t) + line.low, line.high - line.low);
    const float least = kGone * quantile(ranked_.data(), tiles, 0.5f);
    const auto gone = std::count_if(powers_.data(), powers_.data() + tiles, [&](float power) { return power < least; });
    return gone * kMostGone <= tiles;
}

void Lines::find(const TileField& field, const Floor& floor) noexcept
{
    count_ = 0;
    if (!floor.has_lasting())
        return;
    const auto is_on = [&](int b, float limit) { return floor.lasting(b) > limit; };
    for (int b = 0, covered = 0; b < bins_ && count_ < kMaxLines;) {
        if (!is_on(b, kOn)) {
            ++b;
            continue;
        }
        Line line{ b, b + 1 };
        while (line.low > 0 && is_on(line.low - 1, kSkirt))
            --line.low;
        for (int next = b + 1; next < bins_ && next - line.high < kApart; ++next)
            if (is_on(next, kSkirt))
                line.high = next + 1;
        b = line.high;
        const int width = line.high - line.low;
        if (width > kWidest || line.low < kSide || line.high + kSide > bins_ || covered + width > columns_ ||
            !is_steady(field, line))
            continue;
        covered += width;
        lines_[count_++] = line;
    }
}

bool Lines::crossed_by(const Rect& rect) const noexcept
{
    return std::any_of(lines_, lines_ + count_, [&](const Line& line) {
        return rect.low <= line.low - kSide + 1 && rect.high >= line.high + kSide - 1;
    });
}

void Lines::cover(TileField& field) noexcept
{
    float* kept = kept_.data();
    for (int t = 0; t < field.tiles() && count_ > 0; ++t) {
        float* tile = field.tile(t);
        for (int i = 0; i < count_; ++i) {
            const Line& line = lines_[i];
            const float both = std::min(mean(tile + line.low - kSide, kSide), mean(tile + line.high, kSide));
            kept = std::copy(tile + line.low, tile + line.high, kept);
            std::fill(tile + line.low, tile + line.high, both);
        }
    }
}

void Lines::uncover(TileField& field) const noexcept
{
    const float* kept = kept_.data();
    for (int t = 0; t < field.tiles() && count_ > 0; ++t)
        for (int i = 0; i < count_; ++i) {
            const Line& line = lines_[i];
            std::copy_n(kept, line.high - line.low, field.tile(t) + line.low);
            kept += line.high - line.low;
        }
}

} // namespace prunedamr::detect
