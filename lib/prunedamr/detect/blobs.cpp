// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/blobs.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/detect/statistics.h"

namespace prunedamr::detect {
namespace {

constexpr int kMaxRuns = 1 << 16, kMaxBlobs = 1 << 12;
constexpr float kOnDeviate = 6.2f, kOffDeviate = 2.9f; // of a normal: 3e-10 and 2e-3 of the cells of noise
constexpr float kSmoothedLooks = TileField::kLooks * (3.0f / TileField::kBinSpread) * (8.0f / 3.0f);
constexpr float kFloorError = 1.1f;

constexpr int kAtOnce = 64; // bins

PRUNEDAMR_VECTOR_CLONES
void smooth_row(const float* __restrict before, const float* __restrict at, const float* __restrict after,
                float* __restrict columns, float* __restrict out, int bins)
{
    for (int b = 0; b < bins; ++b)
        columns[b] = (before[b] + 2.0f * at[b] + after[b]) * (1.0f / 12.0f);
    for (int b = 1; b < bins - 1; ++b)
        out[b] = columns[b - 1] + columns[b] + columns[b + 1];
    out[0] = out[1];
    out[bins - 1] = out[bins - 2];
}

/// The first of values[at..count) above the limit, or `count`.
PRUNEDAMR_VECTOR_CLONES
int next_above(const float* values, int at, int count, float limit)
{
    for (; at % kAtOnce != 0 && at < count; ++at)
        if (values[at] > limit)
            return at;
    for (; at + kAtOnce <= count; at += kAtOnce) {
        int above = 0;
        for (int i = 0; i < kAtOnce; ++i)
            above |= values[at + i] > limit ? 1 : 0;
        if (above)
            break;
    }
    while (at < count && !(values[at] > limit))
        ++at;
    return at;
}

} // namespace

Blobs::Blobs(const TileField& field)
    : bins_(field.bins()), on_(kFloorError * gamma_quantile(kSmoothedLooks, kOnDeviate)),
      off_(kFloorError * gamma_quantile(kSmoothedLooks, kOffDeviate)), row_(field.bins()), columns_(field.bins()),
      runs_(kMaxRuns), rects_(kMaxBlobs)
{
}

void Blobs::smooth(const TileField& field, int tile) noexcept
{
    smooth_row(field.tile(std::max(0, tile - 1)), field.tile(tile),
               field.tile(std::min(field.tiles() - 1, tile + 1)), columns_.data(), row_.data(), bins_);
}

void Blobs::add_runs(int tile) noexcept
{
    for (int b = 0; (b = next_above(row_.data(), b, bins_, off_)) < bins_ && used_ < kMaxRuns;) {
        Run run{ tile, b, b, used_, false };
        for (; b < bins_ && row_[b] > off_; ++b)
            run.seed = run.seed || row_[b] > on_;
        run.high = b;
        runs_[used_++] = run;
    }
}

int Blobs::root(int run) noexcept
{
    while (runs_[run].parent != run)
        run = runs_[run].parent = runs_[runs_[run].parent].parent;
    return run;
}

/// Joins the runs before..from - 1 of one tile with those that touch them, from..to - 1 of the next.
void Blobs::link(int before, int from, int to) noexcept
{
    for (int a = before, b = from; a < from && b < to;) {
        if (runs_[a].low <= runs_[b].high && runs_[b].low <= runs_[a].high) {
            const int x = root(a), y = root(b);
            runs_[std::max(x, y)].parent = std::min(x, y);
        }
        (runs_[a].high < runs_[b].high ? a : b)++;
    }
}

void Blobs::find(const TileField& field) noexcept
{
    used_ = count_ = 0;
    int before = 0;
    for (int t = 0; t < field.tiles(); ++t) {
        smooth(field, t);
        const int from = used_;
        add_runs(t);
        link(before, from, used_);
        before = from;
    }
    for (int i = 0; i < used_; ++i) // roots come first, and their parent field is theirs to keep
        if (const int r = root(i); runs_[i].seed)
            runs_[r].seed = true;
    for (int i = 0; i < used_; ++i) {
        Run& top = runs_[root(i)];
        if (!top.seed)
            continue;
        if (&top == &runs_[i]) {
            if (count_ == kMaxBlobs)
                break;
            rects_[count_] = { top.tile, top.tile + 1, top.low, top.high };
            top.tile = count_++; // from here on the blob's number
            continue;
        }
        Rect& rect = rects_[top.tile];
        rect.last = std::max(rect.last, runs_[i].tile + 1);
        rect.low = std::min(rect.low, runs_[i].low);
        rect.high = std::max(rect.high, runs_[i].high);
    }
}

} // namespace prunedamr::detect
