// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/workspace.h"

#include "prunedamr/base/error.h"

#include <algorithm>

namespace prunedamr::measure {

Workspace::Workspace(int max_samples) : max_samples_(max_samples)
{
    PRUNEDAMR_CHECK(max_samples >= 64 && max_samples <= 1 << 20, "a decision has 64 to 2^20 samples");
    for (int size = 16; size < 8 * max_samples; size *= 2)
        for (const int n : { size, size / 2 * 3 })
            if (n <= 4 * max_samples)
                sizes_.push_back(n);
    max_size_ = sizes_.back();
    for (const int n : sizes_) {
        forward_.emplace_back(n, dsp::FftDirection::forward);
        backward_.emplace_back(n, dsp::FftDirection::backward);
    }
    const auto length = static_cast<std::size_t>(max_size_);
    for (auto* buffer : { &a, &b, &c })
        buffer->resize(length);
    for (auto* buffer : { &u, &v, &w, &sorted })
        buffer->resize(length);
}

int Workspace::size(double min) const noexcept
{
    for (const int n : sizes_)
        if (n >= min)
            return n;
    return max_size_;
}

int Workspace::index(int size) const noexcept
{
    return static_cast<int>(std::lower_bound(sizes_.begin(), sizes_.end(), size) - sizes_.begin());
}

void Workspace::forward(int size, const Complex* in, Complex* out) const noexcept
{
    forward_[index(size)].run(in, out);
}

void Workspace::backward(int size, const Complex* in, Complex* out) const noexcept
{
    backward_[index(size)].run(in, out);
}

} // namespace prunedamr::measure
