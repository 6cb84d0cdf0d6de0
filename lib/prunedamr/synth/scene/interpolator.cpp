// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/scene/interpolator.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/fractional_interpolator.h"

namespace prunedamr::synth {
namespace {

const auto& kernel()
{
    static const dsp::FractionalInterpolator<std::complex<float>, Interpolator::kReach> kernel(6.8); // 70 dB
    return kernel;
}

} // namespace

Interpolator::Interpolator(double step) : step_(step)
{
    PRUNEDAMR_CHECK(step > 0.0 && step <= 1.0, "an interpolator's step is in its range");
}

void Interpolator::run(const Samples& in, double first, std::complex<float>* out, std::size_t count) const
{
    PRUNEDAMR_CHECK(first >= kReach &&
                        first + static_cast<double>(count) * step_ + kReach < static_cast<double>(in.size()),
                    "an interpolator's samples are there");
    const auto& between = kernel();
    for (std::size_t k = 0; k < count; ++k)
        out[k] = between.at(in.data(), first + static_cast<double>(k) * step_);
}

} // namespace prunedamr::synth
