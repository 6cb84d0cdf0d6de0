// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/moves.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::engine {
namespace {

float* position(const View& view, int frame, int y, int x)
{
    return view.data + frame * view.frame_step + y * view.row_step + x * view.position_step;
}

template <typename Visit> void each_position(const View& view, Visit visit)
{
    for (int frame = 0; frame < view.frames; ++frame)
        for (int y = 0; y < view.height; ++y)
            for (int x = 0; x < view.width; ++x)
                visit(frame, y, x);
}

/// Element `index` of a frame in [channels, height, width] order.
float* element(const View& view, int frame, int index)
{
    const int plane = view.height * view.width;
    const int within = index % plane;
    return position(view, frame, within / view.width, within % view.width) + index / plane;
}

} // namespace

void load_frames(const float* frames, const View& out)
{
    const int plane = out.height * out.width;
    each_position(out, [&](int frame, int y, int x) {
        const float* from = frames + std::ptrdiff_t{ frame } * out.channels * plane + y * out.width + x;
        for (int c = 0; c < out.channels; ++c)
            position(out, frame, y, x)[c] = from[c * plane];
    });
}

void store_frames(const View& in, float* frames)
{
    const int plane = in.height * in.width;
    each_position(in, [&](int frame, int y, int x) {
        float* to = frames + std::ptrdiff_t{ frame } * in.channels * plane + y * in.width + x;
        for (int c = 0; c < in.channels; ++c)
            to[c * plane] = position(in, frame, y, x)[c];
    });
}

void relayout(const View& in, const View& out)
{
    const int count = in.channels * in.height * in.width;
    for (int frame = 0; frame < in.frames; ++frame)
        for (int i = 0; i < count; ++i)
            *element(out, frame, i) = *element(in, frame, i);
}

void copy_channels(const View& in, const View& out, int first)
{
    each_position(in, [&](int frame, int y, int x) {
        std::copy_n(position(in, frame, y, x), in.channels, position(out, frame, y, x) + first);
    });
}

void clear_channels(const View& out, int first)
{
    each_position(out, [&](int frame, int y, int x) {
        std::fill_n(position(out, frame, y, x) + first, out.channels - first, 0.0f);
    });
}

void shuffle_channels(const View& in, const View& out, int groups)
{
    const int members = in.channels / groups;
    each_position(in, [&](int frame, int y, int x) {
        const float* from = position(in, frame, y, x);
        float* to = position(out, frame, y, x);
        for (int j = 0; j < members; ++j)
            for (int g = 0; g < groups; ++g)
                to[j * groups + g] = from[g * members + j];
    });
}

void shuffle_positions(const View& in, const View& out, int groups)
{
    const int members = in.width / groups;
    each_position(out, [&](int frame, int y, int x) {
        std::copy_n(position(in, frame, y, x % groups * members + x / groups), in.channels,
                    position(out, frame, y, x));
    });
}

void copy_positions(const View& in, const View& out, int first)
{
    each_position(in, [&](int frame, int y, int x) {
        std::copy_n(position(in, frame, y, x), in.channels, position(out, frame, y, first + x));
    });
}

void sum_complex(const View& in, const View& out)
{
    const int filters = in.channels / 2;
    each_position(out, [&](int frame, int y, int x) {
        const float* row_i = position(in, frame, 0, x);
        const float* row_q = position(in, frame, 1, x);
        float* to = position(out, frame, y, x);
        for (int c = 0; c < filters; ++c) {
            to[2 * c] = row_i[c] - row_q[filters + c];
            to[2 * c + 1] = row_q[c] + row_i[filters + c];
        }
    });
}

void sigmoid(const View& in, const View& out)
{
    each_position(in, [&](int frame, int y, int x) {
        const float* from = position(in, frame, y, x);
        float* to = position(out, frame, y, x);
        for (int c = 0; c < in.channels; ++c)
            to[c] = 1.0f / (1.0f + std::exp(-from[c]));
    });
}

void clear_border(const View& view)
{
    if (view.border == 0)
        return;
    const int count = view.border * view.channels;
    for (int frame = 0; frame < view.frames; ++frame)
        for (int y = 0; y < view.height; ++y) {
            std::fill_n(position(view, frame, y, -view.border), count, 0.0f);
            std::fill_n(position(view, frame, y, view.width), count, 0.0f);
        }
}

} // namespace prunedamr::engine
