// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/sliding_transform.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/fft.h"
#include "prunedamr/dsp/level.h"

#include <volk/volk_alloc.hh>

#include <algorithm>

namespace prunedamr::dsp {

struct SlidingTransform::Impl {
    explicit Impl(int n);
    void advance() noexcept;

    int nfft;
    int filled; ///< samples of `segment`
    volk::vector<std::complex<float>> segment, transformed;
    Fft fft;
};

SlidingTransform::Impl::Impl(int n)
    : nfft(n), filled(n / 2), segment(n), transformed(n), fft(n, FftDirection::forward)
{
    PRUNEDAMR_CHECK(n >= 4 && (n & (n - 1)) == 0, "a transform of a stream is a power of two long");
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
    impl_->fft.run(impl_->segment.data(), impl_->transformed.data());
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
