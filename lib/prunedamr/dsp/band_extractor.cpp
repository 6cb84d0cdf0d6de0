// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/band_extractor.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/dsp/windowed_sinc.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

constexpr double kExtractorStopBandDb = 60.0;
constexpr int kOneStage = 8;       ///< up to this decimation
constexpr int kFineStep = 4;       ///< of the second stage
constexpr int kCoarseReach = 5;    ///< taps of the first stage over its step
constexpr int kPrototype = 2048;   ///< points of its impulse response
constexpr int kMostFineTaps = 256;
constexpr int kPart = 512;         ///< outputs at a time

int coarse_step(int decimation) noexcept
{
    return decimation <= kOneStage ? 1 : decimation / kFineStep;
}

int fine_taps(const CutBand& band, int step) noexcept
{
    // Kaiser's estimate of the length for an attenuation and a transition.
    const double taps = (kExtractorStopBandDb - 8.0) / (2.285 * 2.0 * M_PI * band.transition * step);
    return std::clamp(8 * static_cast<int>(std::ceil(taps / 8.0)), 16, kMostFineTaps);
}

std::complex<double> turn(double cycles) noexcept
{
    return std::polar(1.0, -2.0 * M_PI * (cycles - std::floor(cycles)));
}

/// The shift to zero frequency at times `step` apart.
class Rotation
{
public:
    Rotation(double center, std::int64_t time, int step) noexcept
        : now_(turn(center * static_cast<double>(time))), by_(turn(center * step))
    {
    }

    std::complex<float> apply(std::complex<float> x) noexcept
    {
        const double re = now_.real(), im = now_.imag();
        now_ = { re * by_.real() - im * by_.imag(), re * by_.imag() + im * by_.real() };
        const auto c = static_cast<float>(re), s = static_cast<float>(im);
        return { x.real() * c - x.imag() * s, x.real() * s + x.imag() * c };
    }

private:
    std::complex<double> now_, by_;
};

/// Sum of x[i] (real[i] + j imaginary[i]) over `floats` / 2 complex samples.
PRUNEDAMR_VECTOR_CLONES
std::complex<float> dot(const float* x, const float* real, const float* imaginary, std::ptrdiff_t floats) noexcept
{
    Float8 a{}, b{}, c{}, d{};
    std::ptrdiff_t j = 0;
    for (; j + 16 <= floats; j += 16) {
        const Float8 first = *reinterpret_cast<const Float8*>(x + j),
                     second = *reinterpret_cast<const Float8*>(x + j + 8);
        a += first * *reinterpret_cast<const Float8*>(real + j);
        b += first * *reinterpret_cast<const Float8*>(imaginary + j);
        c += second * *reinterpret_cast<const Float8*>(real + j + 8);
        d += second * *reinterpret_cast<const Float8*>(imaginary + j + 8);
    }
    std::complex<float> of_real = fold(halve(a + c)), of_imaginary = fold(halve(b + d));
    for (; j < floats; j += 2) {
        of_real += std::complex<float>(x[j] * real[j], x[j + 1] * real[j]);
        of_imaginary += std::complex<float>(x[j] * imaginary[j], x[j + 1] * imaginary[j]);
    }
    return { of_real.real() - of_imaginary.imag(), of_real.imag() + of_imaginary.real() };
}

} // namespace

void BandExtractor::Stage::set(int tap, std::complex<double> weight) noexcept
{
    real[2 * tap] = real[2 * tap + 1] = static_cast<float>(weight.real());
    imaginary[2 * tap] = imaginary[2 * tap + 1] = static_cast<float>(weight.imag());
    sum += weight;
}

std::complex<float> BandExtractor::Stage::at(const StreamWindow& in, std::int64_t time) const noexcept
{
    const std::int64_t begin = time - taps / 2 - static_cast<std::int64_t>(in.origin),
                       first = std::clamp<std::int64_t>(-begin, 0, taps),
                       last = std::clamp<std::int64_t>(static_cast<std::int64_t>(in.count) - begin, first, taps);
    if (first == last)
        return {};
    return dot(reinterpret_cast<const float*>(in.samples + begin + first), real.data() + 2 * first,
               imaginary.data() + 2 * first, 2 * (last - first)) -
           std::complex<float>(sum) * in.constant;
}

BandExtractor::BandExtractor()
    : prototype_(kPrototype + 2), between_(static_cast<std::size_t>(kFineStep) * kPart + kMostFineTaps)
{
    const auto window = KaiserWindow::for_stop_band_db(kExtractorStopBandDb);
    for (int i = 0; i <= kPrototype; ++i) { // the half from its middle on
        const double x = static_cast<double>(i) / kPrototype;
        prototype_[i] = sinc(M_PI * 0.5 * kCoarseReach * x) * window(x);
    }
    const auto room = [](Stage& stage, int taps) {
        stage.real.resize(2 * static_cast<std::size_t>(taps));
        stage.imaginary.resize(2 * static_cast<std::size_t>(taps));
    };
    room(coarse_, 8 * ((kCoarseReach * coarse_step(kMaxDecimation) + 7) / 8));
    room(fine_, kMostFineTaps);
}

int BandExtractor::decimation_for(double least_ratio) noexcept
{
    const auto whole = static_cast<int>(std::clamp(1.0 / least_ratio, 1.0, static_cast<double>(kMaxDecimation)));
    return whole <= kOneStage ? whole : whole / kFineStep * kFineStep;
}

std::uint64_t BandExtractor::reach(const CutBand& band) noexcept
{
    const int step = coarse_step(band.decimation), coarse = step > 1 ? kCoarseReach * step + 8 : 0;
    return static_cast<std::uint64_t>((coarse + fine_taps(band, step) * step) / 2);
}

/// Around `center`; its pass band ends far below half of its output's rate.
void BandExtractor::design_coarse(const CutBand& band, int step) noexcept
{
    coarse_.taps = 8 * ((kCoarseReach * step + 7) / 8);
    coarse_.sum = {};
    const double half = 0.5 * kCoarseReach * step;
    std::complex<double> phase = turn(-band.center * coarse_.taps / 2);
    const std::complex<double> rotation = turn(band.center);
    for (int i = 0; i < coarse_.taps; ++i, phase *= rotation) {
        const double x = std::min(std::abs(i - coarse_.taps / 2) / half, 1.0) * kPrototype;
        const auto at = static_cast<int>(x);
        const double h = prototype_[at] + (x - at) * (prototype_[at + 1] - prototype_[at]);
        coarse_.set(i, h / step * phase);
    }
}

/// Draws the edges. Without a stage before it shifts, too.
void BandExtractor::design_fine(const CutBand& band, int step) noexcept
{
    fine_.taps = fine_taps(band, step);
    fine_.sum = {};
    const double width = std::min((band.high - band.low) * step, 1.0),
                 middle = (0.5 * (band.low + band.high) - (step > 1 ? band.center : 0.0)) * step;
    const auto window = KaiserWindow::for_stop_band_db(kExtractorStopBandDb);
    for (int i = 0; i < fine_.taps; ++i) {
        const double t = i - fine_.taps / 2;
        const double h = width * sinc(M_PI * width * t) * window(2.0 * t / fine_.taps);
        fine_.set(i, h * turn(middle * t));
    }
}

void BandExtractor::run(const CutBand& band, const StreamWindow& in, std::uint64_t first, int count,
                        std::complex<float>* out) noexcept
{
    const int step = coarse_step(band.decimation), fine_step = band.decimation / step;
    const auto start = static_cast<std::int64_t>(first);
    design_fine(band, step);
    if (step == 1) {
        Rotation rotation(band.center, start * band.decimation, band.decimation);
        for (int n = 0; n < count; ++n)
            out[n] = rotation.apply(fine_.at(in, (start + n) * band.decimation));
        return;
    }
    design_coarse(band, step);
    for (int done = 0; done < count; done += kPart) {
        const int part = std::min(kPart, count - done);
        const std::int64_t origin = (start + done) * fine_step - fine_.taps / 2;
        const int needed = (part - 1) * fine_step + fine_.taps;
        Rotation rotation(band.center, origin * step, step);
        for (int m = 0; m < needed; ++m)
            between_[m] = rotation.apply(coarse_.at(in, (origin + m) * step));
        for (int n = 0; n < part; ++n)
            out[done + n] = dot(reinterpret_cast<const float*>(&between_[n * fine_step]), fine_.real.data(),
                                fine_.imaginary.data(), 2 * fine_.taps);
    }
}

} // namespace prunedamr::dsp
