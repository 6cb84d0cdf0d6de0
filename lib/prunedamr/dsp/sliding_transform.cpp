// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/sliding_transform.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/fftw_planner.h"
#include "prunedamr/dsp/level.h"

#include <fftw3.h>
#include <volk/volk_alloc.hh>

#include <algorithm>

namespace prunedamr::dsp {
namespace {

fftwf_complex* fftw(std::complex<float>* p)
{
    return reinterpret_cast<fftwf_complex*>(p);
}

} // namespace

struct SlidingTransform::Impl {
    explicit Impl(int n);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    void advance() noexcept;

    int nfft;
    int filled; ///< samples of `segment`
    volk::vector<std::complex<float>> segment, transformed;
    fftwf_plan plan;
};

SlidingTransform::Impl::Impl(int n) : nfft(n), filled(n / 2), segment(n), transformed(n)
{
    PRUNEDAMR_CHECK(n >= 4 && (n & (n - 1)) == 0, "a transform of a stream is a power of two long");
    const std::lock_guard<std::mutex> lock(fftw_planner_mutex());
    plan = fftwf_plan_dft_1d(n, fftw(segment.data()), fftw(transformed.data()), FFTW_FORWARD,
                             FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    PRUNEDAMR_CHECK(plan != nullptr, "FFTW makes a plan for a power of two");
}

SlidingTransform::Impl::~Impl()
{
    const std::lock_guard<std::mutex> lock(fftw_planner_mutex());
    fftwf_destroy_plan(plan);
}

/// The later half becomes the earlier one.
void SlidingTransform::Impl::advance() noexcept
{
    filled = nfft / 2;
    std::copy_n(segment.data() + filled, filled, segment.data());
}

SlidingTransform::SlidingTransform(int nfft) : impl_(std::make_unique<Impl>(nfft)) {}

SlidingTransform::~SlidingTransform() = default;
SlidingTransform::SlidingTransform(SlidingTransform&&) noexcept = default;

int SlidingTransform::nfft() const noexcept
{
    return impl_->nfft;
}

std::size_t SlidingTransform::add(const std::complex<float>* samples, std::size_t count) noexcept
{
    const std::size_t taken = std::min(count, static_cast<std::size_t>(impl_->nfft - impl_->filled));
    copy_finite(samples, static_cast<int>(taken), impl_->segment.data() + impl_->filled);
    impl_->filled += static_cast<int>(taken);
    return taken;
}

bool SlidingTransform::is_full() const noexcept
{
    return impl_->filled == impl_->nfft;
}

void SlidingTransform::transform(std::complex<float>* spectrum) noexcept
{
    fftwf_execute(impl_->plan);
    std::copy_n(impl_->transformed.data(), impl_->nfft, spectrum);
    impl_->advance();
}

void SlidingTransform::skip() noexcept
{
    impl_->advance();
}

void SlidingTransform::reset() noexcept
{
    impl_->filled = impl_->nfft / 2;
    std::fill_n(impl_->segment.data(), impl_->filled, std::complex<float>{});
}

} // namespace prunedamr::dsp
