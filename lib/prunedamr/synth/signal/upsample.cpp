// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/upsample.h"

#include <liquid/liquid.h>
#include <memory>
#include <type_traits>

namespace prunedamr::synth {

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
