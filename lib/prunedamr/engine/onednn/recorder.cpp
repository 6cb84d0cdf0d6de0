// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/onednn/recorder.h"

#include <algorithm>
#include <limits>

namespace prunedamr::engine::onednn {

memory::desc float_desc(const Dims& dims, memory::format_tag tag)
{
    return memory::desc(dims, memory::data_type::f32, tag);
}

Argument argument(int id, const Held& held)
{
    return { id, held.desc, held.buffer, {} };
}

Argument argument(int id, const memory& constant)
{
    return { id, constant.get_desc(), -1, constant };
}

dnnl::primitive_attr attributes(const dnnl::post_ops& ops)
{
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    attr.set_post_ops(ops);
    return attr;
}

Held Recorder::allocate(const memory::desc& desc)
{
    const int now = static_cast<int>(calls_.size());
    blocks_.push_back({ now, now, desc.get_size() });
    return { desc, static_cast<int>(blocks_.size()) - 1, false };
}

void Recorder::keep_always(const Held& held)
{
    blocks_[held.buffer].first = 0;
    blocks_[held.buffer].last = std::numeric_limits<int>::max();
}

void Recorder::append(Call call)
{
    const int now = static_cast<int>(calls_.size());
    for (const Argument& a : call.arguments)
        if (a.buffer >= 0)
            blocks_[a.buffer].last = std::max(blocks_[a.buffer].last, now);
    calls_.push_back(std::move(call));
}

void Recorder::copy(const Held& from, const Held& to)
{
    call(dnnl::reorder::primitive_desc(engine_, from.desc, engine_, to.desc, attributes()),
         { argument(DNNL_ARG_FROM, from), argument(DNNL_ARG_TO, to) });
}

Held Recorder::in_layout(const Held& held, const memory::desc& desc)
{
    if (held.desc == desc)
        return held;
    const Held copied = allocate(desc);
    copy(held, copied);
    return copied;
}

Held Recorder::plain(const Held& held)
{
    return in_layout(held, float_desc(dims_of(held.desc), memory::format_tag::nchw));
}

} // namespace prunedamr::engine::onednn
