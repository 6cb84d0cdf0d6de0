// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Vectors of views of either dtype, read and written as float32.

#ifndef PRUNEDAMR_INT8_OPERATIONS
#include "prunedamr/engine/kernels/int8/portable.h"
#endif
#include "prunedamr/engine/kernels/vector.h"

namespace prunedamr::engine {
namespace {

#ifndef PRUNEDAMR_OWN_SUM
/// Sums whose lanes are the channels.
using Sum = IVec;
inline Sum begin(IVec v)
{
    return v;
}
inline IVec total(Sum sum)
{
    return sum;
}
#endif

inline IVec load_int(const std::int32_t* from)
{
    return *reinterpret_cast<const IVecAnywhere*>(from);
}
inline IVec broadcast_int(int x)
{
    return x - IVec{};
}

/// Quantization parameters of a view as vectors; those of a float32 view mean nothing.
struct Params {
    Vec scale, inverse, max;
    IVec zero_point;
    Limits limits;
};

inline Params params_of(const View& view, bool relu = false)
{
    return { broadcast(view.scale), broadcast(1.0f / view.scale),
             broadcast(static_cast<float>(255 - view.zero_point)), broadcast_int(view.zero_point),
             limits(view.zero_point, relu ? view.zero_point : 0) };
}

inline Vec dequantize(IVec q, const Params& params)
{
    return params.scale * to_float(q - params.zero_point);
}

/// What is then narrowed to bytes; NaN becomes the lowest byte.
inline IVec quantize(Vec v, const Params& params)
{
    return round_at_most(v * params.inverse, params.max);
}

/// Reads a view of either dtype as float32.
struct Source {
    const float* data;
    const std::uint8_t* bytes;
    Params params;

    explicit Source(const View& view) : data(view.data), bytes(view.bytes), params(params_of(view)) {}
    PRUNEDAMR_INLINE Vec operator()(std::ptrdiff_t place, int lanes) const
    {
        return bytes ? dequantize(widen(bytes + place), params) : load_lanes(data + place, lanes);
    }
};

/// Writes float32 to a view of either dtype, clipped below zero if `relu`.
struct Sink {
    float* data;
    std::uint8_t* bytes;
    bool relu;
    Params params;

    explicit Sink(const View& view, bool clipped = false)
        : data(view.data), bytes(view.bytes), relu(clipped), params(params_of(view, clipped))
    {
    }
    PRUNEDAMR_INLINE void operator()(std::ptrdiff_t place, Vec v, int lanes) const
    {
        if (bytes)
            narrow(bytes + place, quantize(v, params), params.limits, lanes);
        else
            store_lanes(data + place, relu ? clip(v) : v, lanes);
    }
    /// Four whole vectors.
    PRUNEDAMR_INLINE void four(std::ptrdiff_t place, const Vec (&v)[4]) const
    {
        if (bytes)
            return narrow_four(bytes + place, quantize(v[0], params), quantize(v[1], params),
                               quantize(v[2], params), quantize(v[3], params), params.limits);
        for (int i = 0; i < 4; ++i)
            (*this)(place + i * kLanes, v[i], kLanes);
    }
};

#ifndef PRUNEDAMR_NARROW_TWO
/// As `narrow`, for two vectors, of which the first is whole: `lanes` of both.
inline void narrow_two(std::uint8_t* to, IVec a, IVec b, const Limits& limits, int lanes)
{
    narrow(to, a, limits, kLanes);
    narrow(to + kLanes, b, limits, lanes - kLanes);
}
#endif

/// What most convs do, so that nothing is asked per vector: to bytes, without a shortcut or with one of bytes.
enum class Ending { bytes, bytes_with_bytes, any };

/// (sum * factor + bias + shortcut), in this order, for one vector of channels.
struct Int8Finish {
    bool has_shortcut;
    Source shortcut;
    Sink out;

    explicit Int8Finish(const ConvTask& task)
        : has_shortcut(is_set(task.shortcut)), shortcut(task.shortcut), out(task.out, task.relu)
    {
    }
    Ending ending() const
    {
        if (!out.bytes || (has_shortcut && !shortcut.bytes))
            return Ending::any;
        return has_shortcut ? Ending::bytes_with_bytes : Ending::bytes;
    }
    template <Ending End>
    PRUNEDAMR_INLINE Vec value(IVec sum, Vec factor, Vec bias, std::ptrdiff_t shortcut_place, int lanes) const
    {
        Vec v = to_float(sum) * factor + bias;
        if constexpr (End == Ending::bytes_with_bytes)
            v += dequantize(widen(shortcut.bytes + shortcut_place), shortcut.params);
        else if (End == Ending::any && has_shortcut)
            v += shortcut(shortcut_place, lanes);
        return v;
    }
    template <Ending End>
    PRUNEDAMR_INLINE void one(IVec sum, Vec factor, Vec bias, std::ptrdiff_t shortcut_place, std::ptrdiff_t place,
                              int lanes) const
    {
        const Vec v = value<End>(sum, factor, bias, shortcut_place, lanes);
        if constexpr (End == Ending::any)
            out(place, v, lanes);
        else
            narrow(out.bytes + place, quantize(v, out.params), out.params.limits, lanes);
    }
    /// Two vectors, the second with as many lanes as there are in `lanes` beyond the first.
    template <Ending End>
    PRUNEDAMR_INLINE void two(const IVec (&sums)[2], const Vec (&factor)[2], const Vec (&bias)[2],
                              std::ptrdiff_t shortcut_place, std::ptrdiff_t place, int lanes) const
    {
        const Vec a = value<End>(sums[0], factor[0], bias[0], shortcut_place, kLanes);
        const Vec b = value<End>(sums[1], factor[1], bias[1], shortcut_place + kLanes, lanes - kLanes);
        if constexpr (End == Ending::any) {
            out(place, a, kLanes);
            out(place + kLanes, b, lanes - kLanes);
        } else {
            narrow_two(out.bytes + place, quantize(a, out.params), quantize(b, out.params), out.params.limits,
                       lanes);
        }
    }
    /// Four whole vectors.
    PRUNEDAMR_INLINE void four(const IVec (&sums)[4], const float* factors, const float* biases,
                               std::ptrdiff_t shortcut_place, std::ptrdiff_t place) const
    {
        Vec v[4];
        for (int n = 0; n < 4; ++n)
            v[n] = to_float(sums[n]) * load(factors + n * kLanes) + load(biases + n * kLanes);
        for (int n = 0; n < 4 && has_shortcut; ++n)
            v[n] += shortcut(shortcut_place + n * kLanes, kLanes);
        out.four(place, v);
    }
};

} // namespace
} // namespace prunedamr::engine
