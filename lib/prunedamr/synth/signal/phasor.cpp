// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/phasor.h"

#include "prunedamr/base/vector_clones.h"

#include <liquid/liquid.h>

#include <memory>
#include <type_traits>

namespace prunedamr::synth {

namespace {

PRUNEDAMR_VECTOR_CLONES
void write_phasors_loop(const float* turns, std::size_t count, std::complex<float>* out)
{
    auto* __restrict values = reinterpret_cast<float*>(out);
    for (std::size_t n = 0; n < count; ++n) {
        const Phasor p = phasor(turns[n]);
        values[2 * n] = p.re;
        values[2 * n + 1] = p.im;
    }
}

} // namespace

void write_phasors(const float* turns, std::size_t count, std::complex<float>* out)
{
    write_phasors_loop(turns, count, out);
}

namespace {

PRUNEDAMR_VECTOR_CLONES
void multiply_phasors_loop(const float* turns, std::size_t count, std::complex<float>* samples)
{
    auto* __restrict values = reinterpret_cast<float*>(samples);
    for (std::size_t n = 0; n < count; ++n) {
        const Phasor p = phasor(turns[n]);
        const float re = values[2 * n], im = values[2 * n + 1];
        values[2 * n] = re * p.re - im * p.im;
        values[2 * n + 1] = re * p.im + im * p.re;
    }
}

} // namespace

void multiply_phasors(const float* turns, std::size_t count, std::complex<float>* samples)
{
    multiply_phasors_loop(turns, count, samples);
}

Samples upsample(const Samples& in, const std::vector<float>& taps, int factor)
{
    Samples out(in.size() * static_cast<std::size_t>(factor));
    auto h = taps; // liquid takes it without const
    const std::unique_ptr<std::remove_pointer_t<firinterp_crcf>, decltype(&firinterp_crcf_destroy)> filter(
        firinterp_crcf_create(static_cast<unsigned>(factor), h.data(), static_cast<unsigned>(h.size())),
        &firinterp_crcf_destroy);
    for (std::size_t i = 0; i < in.size(); ++i)
        firinterp_crcf_execute(filter.get(), in[i], &out[i * static_cast<std::size_t>(factor)]);
    return out;
}

std::vector<float> real_part(const Samples& samples)
{
    std::vector<float> real(samples.size());
    for (std::size_t n = 0; n < real.size(); ++n)
        real[n] = samples[n].real();
    return real;
}

} // namespace prunedamr::synth
