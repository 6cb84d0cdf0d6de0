// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What differs between oneDNN 2.x and 3.x, and nothing else.

#include <oneapi/dnnl/dnnl.hpp>
#include <oneapi/dnnl/dnnl_version.h>

#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
#include <omp.h>
#endif

namespace prunedamr::engine::onednn {

using dnnl::memory;
using Dims = memory::dims;

struct Geometry {
    Dims kernel, strides, padding;
};

inline Dims dims_of(const memory::desc& desc)
{
#if DNNL_VERSION_MAJOR >= 3
    return desc.get_dims();
#else
    return desc.dims();
#endif
}

inline void append_relu(dnnl::post_ops& ops)
{
#if DNNL_VERSION_MAJOR >= 3
    ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#else
    ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#endif
}

inline dnnl::convolution_forward::primitive_desc conv(const dnnl::engine& engine, const memory::desc& src,
                                                      const memory::desc& weights, const memory::desc& bias,
                                                      const memory::desc& dst, const Geometry& g,
                                                      const dnnl::primitive_attr& attr)
{
    using Conv = dnnl::convolution_forward;
    const auto prop = dnnl::prop_kind::forward_inference;
    const auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    return Conv::primitive_desc(engine, prop, algorithm, src, weights, bias, dst, g.strides, g.padding, g.padding,
                                attr);
#else
    return { Conv::desc(prop, algorithm, src, weights, bias, dst, g.strides, g.padding, g.padding), attr, engine };
#endif
}

inline dnnl::pooling_forward::primitive_desc pool(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                  const memory::desc& src, const memory::desc& dst,
                                                  const Geometry& g, const dnnl::primitive_attr& attr)
{
    using Pool = dnnl::pooling_forward;
    const auto prop = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
    return Pool::primitive_desc(engine, prop, algorithm, src, dst, g.strides, g.kernel, Dims(g.kernel.size(), 0),
                                g.padding, g.padding, attr);
#else
    return { Pool::desc(prop, algorithm, src, dst, g.strides, g.kernel, g.padding, g.padding), attr, engine };
#endif
}

inline dnnl::eltwise_forward::primitive_desc eltwise(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                     const memory::desc& desc, const dnnl::primitive_attr& attr)
{
    using Eltwise = dnnl::eltwise_forward;
    const auto prop = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
    return Eltwise::primitive_desc(engine, prop, algorithm, desc, desc, 0.0f, 0.0f, attr);
#else
    return { Eltwise::desc(prop, algorithm, desc, 0.0f, 0.0f), attr, engine };
#endif
}

inline dnnl::binary::primitive_desc binary(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                           const memory::desc& a, const memory::desc& b, const memory::desc& dst,
                                           const dnnl::primitive_attr& attr)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl::binary::primitive_desc(engine, algorithm, a, b, dst, attr);
#else
    return { dnnl::binary::desc(algorithm, a, b, dst), attr, engine };
#endif
}

inline dnnl::concat::primitive_desc concat(const dnnl::engine& engine, const memory::desc& dst, int axis,
                                           const std::vector<memory::desc>& srcs, const dnnl::primitive_attr& attr)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl::concat::primitive_desc(engine, dst, axis, srcs, attr);
#else
    return { dst, axis, srcs, engine, attr };
#endif
}

/// [extent / group_size, group_size] of an axis transposed.
inline dnnl::shuffle_forward::primitive_desc shuffle(const dnnl::engine& engine, const memory::desc& desc, int axis,
                                                     int group_size, const dnnl::primitive_attr& attr)
{
    using Shuffle = dnnl::shuffle_forward;
    const auto prop = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
    return Shuffle::primitive_desc(engine, prop, desc, desc, axis, group_size, attr);
#else
    return { Shuffle::desc(prop, desc, axis, group_size), engine, attr };
#endif
}

/// Holds oneDNN to the calling thread while it lives; OpenMP's setting belongs to each calling thread.
class OneThread
{
public:
#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
    OneThread() : threads_before_(omp_get_max_threads())
    {
        omp_set_num_threads(1);
    }
    ~OneThread()
    {
        omp_set_num_threads(threads_before_);
    }

private:
    int threads_before_;

public:
#else
    OneThread() {}
#endif
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;
};

} // namespace prunedamr::engine::onednn
