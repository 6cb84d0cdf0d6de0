// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <memory>

struct fftwf_plan_s;

namespace prunedamr::dsp {

struct FftPlanDeleter {
    void operator()(fftwf_plan_s* plan) const noexcept;
};

using FftPlan = std::unique_ptr<fftwf_plan_s, FftPlanDeleter>;

enum class FftDirection { forward, backward };

/// A discrete Fourier transform of one size, by FFTW: forward sum x[n] exp(-2 pi i k n / size), backward with the
/// other sign, neither scaled. Plans are made without measuring, so that the same samples give the same bits in
/// every thread and run; all of them under one lock, since FFTW's planner is not thread-safe by itself. Running
/// neither allocates nor locks, and one object may run in several threads at a time.
class Fft
{
public:
    /// Any size >= 1. With `columns` it is so many transforms side by side, of the columns of in[size][columns].
    Fft(int size, FftDirection direction, int columns = 1);

    int size() const noexcept { return size_; }

    /// in[size][columns] to out[size][columns], which do not overlap (FFTW's in-place plans allocate whenever they
    /// run) and lie at addresses that are multiples of 16, as those of vectors do. `in` stays as it is.
    void run(const std::complex<float>* in, std::complex<float>* out) const noexcept;

private:
    int size_;
    FftPlan plan_;
};

/// Backward as above, of a spectrum whose bins above size / 2 are the conjugates of those below: samples are real.
class InverseRealFft
{
public:
    explicit InverseRealFft(int size);

    /// bins[size / 2 + 1], which are used up, to out[size]; addresses as for `Fft`.
    void run(std::complex<float>* bins, float* out) const noexcept;

private:
    FftPlan plan_;
};

} // namespace prunedamr::dsp
