// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/numerics.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/vector_clones.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {

Workspace::Workspace(int max_samples) : max_samples_(max_samples)
{
    PRUNEDAMR_CHECK(max_samples >= 64 && max_samples <= 1 << 20, "a decision has 64 to 2^20 samples");
    for (int size = 16; size < 8 * max_samples; size *= 2)
        for (const int n : { size, size / 2 * 3 })
            if (n <= 4 * max_samples)
                sizes_.push_back(n);
    max_size_ = sizes_.back();
    for (const int n : sizes_) {
        forward_.emplace_back(n, dsp::FftDirection::forward);
        backward_.emplace_back(n, dsp::FftDirection::backward);
    }
    const auto length = static_cast<std::size_t>(max_size_);
    for (auto* buffer : { &a, &b, &c })
        buffer->resize(length);
    for (auto* buffer : { &u, &v, &w, &sorted })
        buffer->resize(length);
}

int Workspace::size(double min) const noexcept
{
    for (const int n : sizes_)
        if (n >= min)
            return n;
    return max_size_;
}

int Workspace::index(int size) const noexcept
{
    return static_cast<int>(std::lower_bound(sizes_.begin(), sizes_.end(), size) - sizes_.begin());
}

void Workspace::forward(int size, const Complex* in, Complex* out) const noexcept
{
    forward_[index(size)].run(in, out);
}

void Workspace::backward(int size, const Complex* in, Complex* out) const noexcept
{
    backward_[index(size)].run(in, out);
}

namespace {

constexpr int kRanked = 4096;

/// Sum of z[n] w^n by eight phasors, each of which turns by w^8; `w` is renewed every 1024 samples.
template <typename Value> std::complex<double> sum_turning(const Value* z, int count, double frequency) noexcept
{
    constexpr int kLanes = 8, kBlock = 1024;
    std::complex<double> sum;
    for (int start = 0; start < count; start += kBlock) {
        float re[kLanes], im[kLanes], sum_re[kLanes] = {}, sum_im[kLanes] = {};
        for (int lane = 0; lane < kLanes; ++lane) {
            const double turns = frequency * (start + lane);
            const double angle = -2.0 * M_PI * (turns - std::floor(turns));
            re[lane] = static_cast<float>(std::cos(angle));
            im[lane] = static_cast<float>(std::sin(angle));
        }
        const float step_re = static_cast<float>(std::cos(-2.0 * M_PI * kLanes * frequency));
        const float step_im = static_cast<float>(std::sin(-2.0 * M_PI * kLanes * frequency));
        const int end = std::min(count, start + kBlock);
        int n = start;
        for (; n + kLanes <= end; n += kLanes)
            for (int lane = 0; lane < kLanes; ++lane) {
                float zr, zi;
                if constexpr (std::is_same_v<Value, float>) {
                    zr = z[n + lane];
                    zi = 0.0f;
                } else {
                    zr = reinterpret_cast<const float*>(z)[2 * (n + lane)];
                    zi = reinterpret_cast<const float*>(z)[2 * (n + lane) + 1];
                }
                sum_re[lane] += zr * re[lane] - zi * im[lane];
                sum_im[lane] += zr * im[lane] + zi * re[lane];
                const float turned = re[lane] * step_re - im[lane] * step_im;
                im[lane] = re[lane] * step_im + im[lane] * step_re;
                re[lane] = turned;
            }
        for (int lane = 0; n < end; ++n, ++lane)
            sum += std::complex<double>(z[n]) * std::complex<double>(re[lane], im[lane]);
        for (int lane = 0; lane < kLanes; ++lane)
            sum += std::complex<double>(sum_re[lane], sum_im[lane]);
    }
    return sum;
}

} // namespace

float quantile(Workspace& space, const float* v, int count, double q) noexcept
{
    if (count < 1)
        return 0.0f;
    const int stride = (count + kRanked - 1) / kRanked;
    int picked = 0;
    for (int i = stride / 2; i < count; i += stride)
        space.sorted[picked++] = v[i];
    const auto rank = space.sorted.begin() + std::min(picked - 1, static_cast<int>(q * picked));
    std::nth_element(space.sorted.begin(), rank, space.sorted.begin() + picked);
    return *rank;
}

void smooth_circular(const float* in, float* out, int count, int width) noexcept
{
    const int half = std::min(width / 2, (count - 1) / 2);
    double sum = 0.0;
    for (int i = -half; i <= half; ++i)
        sum += in[(i + count) % count];
    const double scale = 1.0 / (2 * half + 1);
    for (int i = 0; i < count; ++i) {
        out[i] = static_cast<float>(sum * scale);
        const int enters = i + half + 1, leaves = i - half;
        sum += static_cast<double>(in[enters < count ? enters : enters - count]) -
               static_cast<double>(in[leaves < 0 ? leaves + count : leaves]);
    }
}

void flatten(Workspace& space, float* v, int count, int width) noexcept
{
    const int blocks = std::max(1, count / std::max(1, width));
    const int length = count / blocks;
    double before = 1.0, level = 1.0;
    for (int block = 0; block <= blocks; ++block) { // from the middle of the last block to that of this one
        if (block < blocks)
            level = std::max(1.0, quantile(space, v + block * length, length, 0.5) / M_LN2);
        if (block == 0)
            before = level;
        const int begin = block == 0 ? 0 : block * length - length / 2;
        const int end = block == blocks ? count : (block + 1) * length - length / 2;
        for (int i = begin; i < end; ++i)
            v[i] /= static_cast<float>(before + (level - before) * (i - begin) / length);
        before = level;
    }
}

namespace {

PRUNEDAMR_VECTOR_CLONES std::complex<double> complex_line(const Complex* z, int count, double frequency) noexcept
{
    return sum_turning(z, count, frequency);
}

PRUNEDAMR_VECTOR_CLONES std::complex<double> real_line(const float* z, int count, double frequency) noexcept
{
    return sum_turning(z, count, frequency);
}

} // namespace

std::complex<double> line_at(const Complex* z, int count, double frequency) noexcept
{
    return complex_line(z, count, frequency);
}

std::complex<double> line_at(const float* z, int count, double frequency) noexcept
{
    return real_line(z, count, frequency);
}

double parabola(double left, double middle, double right) noexcept
{
    const double bend = left - 2.0 * middle + right;
    if (bend < 0.0)
        return std::clamp(0.5 * (left - right) / bend, -1.0, 1.0);
    return left > right ? -1.0 : 1.0;
}

bool solve(std::complex<double>* a, std::complex<double>* x, int n) noexcept
{
    for (int i = 0; i < n; ++i) { // a = L D L^H, row by row
        for (int j = 0; j <= i; ++j) {
            std::complex<double> sum = a[i * n + j];
            for (int k = 0; k < j; ++k)
                sum -= a[i * n + k] * a[k * n + k] * std::conj(a[j * n + k]);
            a[i * n + j] = i == j ? sum : sum / a[j * n + j];
        }
        if (!(a[i * n + i].real() > 0.0))
            return false;
    }
    for (int i = 0; i < n; ++i)
        for (int k = 0; k < i; ++k)
            x[i] -= a[i * n + k] * x[k];
    for (int i = 0; i < n; ++i)
        x[i] /= a[i * n + i].real();
    for (int i = n - 1; i >= 0; --i)
        for (int k = i + 1; k < n; ++k)
            x[i] -= std::conj(a[k * n + i]) * x[k];
    return true;
}

namespace {

PRUNEDAMR_VECTOR_CLONES void steps_in_turns(const Complex* y, int count, float* phases) noexcept
{
    const auto* v = reinterpret_cast<const float*>(y);
    for (int n = 0; n < count; ++n) {
        const float re = v[2 * n + 2] * v[2 * n] + v[2 * n + 3] * v[2 * n + 1];
        const float im = v[2 * n + 3] * v[2 * n] - v[2 * n + 2] * v[2 * n + 1];
        const float x = std::fabs(re), s = std::fabs(im);
        const float large = x > s ? x : s, small = x > s ? s : x;
        const float t = small / (large + 1e-30f), t2 = t * t;
        // The arctangent of 0..1 in turns; minimax, error 2e-8.
        float turns = -0.000645280f;
        for (const float term : { 0.003479506f, -0.008898588f, 0.015345933f,
                                  -0.022136231f, 0.031745937f, -0.053046120f, 0.159154837f })
            turns = turns * t2 + term;
        turns *= t;
        turns = s > x ? 0.25f - turns : turns;
        turns = re < 0.0f ? 0.5f - turns : turns;
        phases[n] = im < 0.0f ? -turns : turns;
    }
}

} // namespace

void phase_steps(const Complex* y, int count, float* phases) noexcept
{
    steps_in_turns(y, count, phases);
}

double wrap(double frequency) noexcept
{
    return frequency - std::round(frequency);
}

double sinc(double x) noexcept
{
    const double t = M_PI * x;
    return std::fabs(t) < 1e-6 ? 1.0 : std::sin(t) / t;
}

double normal_tail(double x) noexcept
{
    return 0.5 * std::erfc(x * M_SQRT1_2);
}

} // namespace prunedamr::measure
