// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal.h"

#include <memory>

namespace prunedamr::synth {

/// In-place complex transforms of this thread; plans are kept by size.
class Fft
{
public:
    static Fft& of_this_thread();

    /// The least size >= `count` that is 1, 9/8 or 3/2 times a power of two (few sizes, so few plans).
    static int fast_size(int count);

    void forward(Samples& data);
    void inverse(Samples& data); ///< not divided by the size

    ~Fft();

private:
    Fft();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Multiplies the spectrum by `gain(f)`, f in cycles per sample, -0.5..0.5; the ends of the samples wrap round.
template <typename Gain> void shape_spectrum(Samples& samples, Gain gain)
{
    const std::size_t count = samples.size();
    const std::size_t size = static_cast<std::size_t>(Fft::fast_size(static_cast<int>(count)));
    Fft& fft = Fft::of_this_thread();
    samples.resize(size);
    fft.forward(samples);
    const double scale = 1.0 / static_cast<double>(size);
    for (std::size_t k = 0; k < size; ++k) {
        const double f = static_cast<double>(k) * scale - (2 * k >= size ? 1.0 : 0.0);
        samples[k] *= static_cast<float>(scale * gain(f));
    }
    fft.inverse(samples);
    samples.resize(count);
}

} // namespace prunedamr::synth
