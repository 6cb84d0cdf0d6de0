// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/fft.h"

#include "prunedamr/base/error.h"

#include <fftw3.h>

#include <mutex>
#include <vector>

namespace prunedamr::dsp {
namespace {

static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= 16, "vectors are aligned as FFTW wants them");

std::mutex planner; // initialized before, and so destroyed after, all plans that live until the process ends

fftwf_complex* fftw(std::complex<float>* p)
{
    return reinterpret_cast<fftwf_complex*>(p);
}

/// `make` plans for the two buffers of `size` samples that it is given.
template <typename Make> FftPlan make_plan(int size, const Make& make)
{
    PRUNEDAMR_CHECK(size > 0, "a transform has at least one sample");
    std::vector<std::complex<float>> in(static_cast<std::size_t>(size)), out(in.size());
    const std::lock_guard<std::mutex> lock(planner);
#ifdef PRUNEDAMR_HAVE_FFTW_THREADS
    // Others in the process, GNU Radio among them, hold locks of their own: FFTW must guard its planner itself.
    [[maybe_unused]] static const bool guarded = (fftwf_make_planner_thread_safe(), true);
#endif
    FftPlan plan(make(in.data(), out.data()));
    PRUNEDAMR_CHECK(plan != nullptr, "FFTW planning failed");
    return plan;
}

} // namespace

void FftPlanDeleter::operator()(fftwf_plan_s* plan) const noexcept
{
    const std::lock_guard<std::mutex> lock(planner);
    fftwf_destroy_plan(plan);
}

Fft::Fft(int size, FftDirection direction, int columns)
    : size_(size), plan_(make_plan(size * columns, [&](std::complex<float>* in, std::complex<float>* out) {
          return fftwf_plan_many_dft(1, &size, columns, fftw(in), nullptr, columns, 1, fftw(out), nullptr, columns,
                                     1, direction == FftDirection::forward ? FFTW_FORWARD : FFTW_BACKWARD,
                                     FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
      }))
{
}

void Fft::run(const std::complex<float>* in, std::complex<float>* out) const noexcept
{
    fftwf_execute_dft(plan_.get(), fftw(const_cast<std::complex<float>*>(in)), fftw(out));
}

InverseRealFft::InverseRealFft(int size)
    : plan_(make_plan(size, [&](std::complex<float>* in, std::complex<float>* out) {
          return fftwf_plan_dft_c2r_1d(size, fftw(in), reinterpret_cast<float*>(out), FFTW_ESTIMATE);
      }))
{
}

void InverseRealFft::run(std::complex<float>* bins, float* out) const noexcept
{
    fftwf_execute_dft_c2r(plan_.get(), fftw(bins), out);
}

} // namespace prunedamr::dsp
