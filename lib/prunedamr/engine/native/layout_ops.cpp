// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/native/layout_ops.h"

#include <algorithm>

namespace prunedamr::engine {
namespace {

/// A view as elements of one type.
template <typename T> T* elements(const View& view);
template <> float* elements(const View& view)
{
    return view.data;
}
template <> std::uint8_t* elements(const View& view)
{
    return view.bytes;
}

/// Calls `move` with a value of the view's element type that means 0.
template <typename Move> void by_dtype(const View& view, Move move)
{
    if (view.bytes)
        move(static_cast<std::uint8_t>(view.zero_point));
    else
        move(0.0f);
}

template <typename T> T* position(const View& view, int frame, int y, int x)
{
    return elements<T>(view) + frame * view.frame_step + y * view.row_step + x * view.position_step;
}

template <typename Visit> void each_position(const View& view, Visit visit)
{
    for (int frame = 0; frame < view.frames; ++frame)
        for (int y = 0; y < view.height; ++y)
            for (int x = 0; x < view.width; ++x)
                visit(frame, y, x);
}

} // namespace

void load_frames(const float* frames, const View& out)
{
    const int plane = out.height * out.width;
    each_position(out, [&](int frame, int y, int x) {
        const float* from = frames + std::ptrdiff_t{ frame } * out.channels * plane + y * out.width + x;
        for (int c = 0; c < out.channels; ++c)
            position<float>(out, frame, y, x)[c] = from[c * plane];
    });
}

void store_frames(const View& in, float* frames)
{
    const int plane = in.height * in.width;
    each_position(in, [&](int frame, int y, int x) {
        float* to = frames + std::ptrdiff_t{ frame } * in.channels * plane + y * in.width + x;
        for (int c = 0; c < in.channels; ++c)
            to[c * plane] = position<float>(in, frame, y, x)[c];
    });
}

void flatten(const View& in, const View& out)
{
    by_dtype(in, [&](auto zero) {
        using T = decltype(zero);
        each_position(in, [&](int frame, int y, int x) {
            const T* from = position<T>(in, frame, y, x);
            T* to = position<T>(out, frame, 0, 0) + y * in.width + x;
            for (int c = 0; c < in.channels; ++c)
                to[c * in.height * in.width] = from[c];
        });
    });
}

void as_image(const View& in, const View& out)
{
    by_dtype(in, [&](auto zero) {
        using T = decltype(zero);
        each_position(out, [&](int frame, int y, int x) {
            *position<T>(out, frame, y, x) = position<T>(in, frame, 0, x)[y];
        });
    });
}

void copy(const View& in, const View& out)
{
    by_dtype(in, [&](auto zero) {
        using T = decltype(zero);
        each_position(in, [&](int frame, int y, int x) {
            std::copy_n(position<T>(in, frame, y, x), in.channels, position<T>(out, frame, y, x));
        });
    });
}

View channels_of(const View& view, int first, int count)
{
    View part = view;
    part.channels = count;
    part.data += view.data ? first : 0;
    part.bytes += view.bytes ? first : 0;
    return part;
}

View positions_of(const View& view, int first, int count)
{
    View part = channels_of(view, first * view.channels, view.channels);
    part.width = count;
    return part;
}

void clear(const View& out)
{
    by_dtype(out, [&](auto zero) {
        each_position(out, [&](int frame, int y, int x) {
            std::fill_n(position<decltype(zero)>(out, frame, y, x), out.channels, zero);
        });
    });
}

void shuffle_channels(const View& in, const View& out, int groups)
{
    const int members = in.channels / groups;
    by_dtype(in, [&](auto zero) {
        using T = decltype(zero);
        each_position(in, [&](int frame, int y, int x) {
            const T* from = position<T>(in, frame, y, x);
            T* to = position<T>(out, frame, y, x);
            for (int j = 0; j < members; ++j)
                for (int g = 0; g < groups; ++g)
                    to[j * groups + g] = from[g * members + j];
        });
    });
}

void shuffle_positions(const View& in, const View& out, int groups)
{
    const int members = in.width / groups;
    by_dtype(in, [&](auto zero) {
        using T = decltype(zero);
        each_position(out, [&](int frame, int y, int x) {
            std::copy_n(position<T>(in, frame, y, x % groups * members + x / groups), in.channels,
                        position<T>(out, frame, y, x));
        });
    });
}

void sum_complex(const View& in, const View& out)
{
    const int filters = in.channels / 2;
    each_position(out, [&](int frame, int y, int x) {
        const float* row_i = position<float>(in, frame, 0, x);
        const float* row_q = position<float>(in, frame, 1, x);
        float* to = position<float>(out, frame, y, x);
        for (int c = 0; c < filters; ++c) {
            to[2 * c] = row_i[c] - row_q[filters + c];
            to[2 * c + 1] = row_q[c] + row_i[filters + c];
        }
    });
}

void clear_border(const View& view)
{
    if (view.border == 0)
        return;
    const int count = view.border * view.channels;
    by_dtype(view, [&](auto zero) {
        for (int frame = 0; frame < view.frames; ++frame)
            for (int y = 0; y < view.height; ++y) {
                std::fill_n(position<decltype(zero)>(view, frame, y, -view.border), count, zero);
                std::fill_n(position<decltype(zero)>(view, frame, y, view.width), count, zero);
            }
    });
}

} // namespace prunedamr::engine
