// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/fft.h"

#include <complex>
#include <memory>
#include <vector>

namespace prunedamr::measure {

using Complex = std::complex<float>;

/// The transforms and buffers that all estimators share; allocates at construction only. One thread at a time.
/// Transforms have sizes 2^k and 3 * 2^k, from 16 to `max_size`.
class Workspace
{
public:
    explicit Workspace(int max_samples); ///< of one decision

    int max_samples() const noexcept { return max_samples_; }
    int max_size() const noexcept { return max_size_; }

    /// The smallest size of a transform that is at least `min`, or the largest there is.
    int size(double min) const noexcept;

    /// in[size] to out[size], which do not overlap; sizes as given by `size`. Backward is not scaled.
    void forward(int size, const Complex* in, Complex* out) const noexcept;
    void backward(int size, const Complex* in, Complex* out) const noexcept;

    /// Buffers of `max_size` elements. A function says which of them it uses when others must not.
    std::vector<Complex> a, b, c;
    std::vector<float> u, v, w, sorted;

private:
    int index(int size) const noexcept;

    int max_samples_, max_size_;
    std::vector<int> sizes_;
    std::vector<dsp::Fft> forward_, backward_;
};

} // namespace prunedamr::measure
