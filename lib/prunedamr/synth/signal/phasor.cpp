// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/phasor.h"

#include "prunedamr/base/vector_clones.h"

namespace prunedamr::synth {

PRUNEDAMR_VECTOR_CLONES
void write_phasors(const float* turns, std::size_t count, std::complex<float>* out)
{
    auto* __restrict values = reinterpret_cast<float*>(out);
    for (std::size_t n = 0; n < count; ++n) {
        const Phasor p = phasor(turns[n]);
        values[2 * n] = p.re;
        values[2 * n + 1] = p.im;
    }
}

PRUNEDAMR_VECTOR_CLONES
void multiply_phasors(const float* turns, std::size_t count, std::complex<float>* samples)
{
    auto* __restrict values = reinterpret_cast<float*>(samples);
    for (std::size_t n = 0; n < count; ++n) {
        const Phasor p = phasor(turns[n]);
        const float re = values[2 * n], im = values[2 * n + 1];
        values[2 * n] = re * p.re - im * p.im;
        values[2 * n + 1] = re * p.im + im * p.re;
    }
}

} // namespace prunedamr::synth
