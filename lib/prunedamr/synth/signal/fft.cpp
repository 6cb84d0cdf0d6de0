// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/fft.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/vector_clones.h"
#include "prunedamr/dsp/fft.h"

#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace prunedamr::synth {
namespace {

using Key = std::pair<std::size_t, dsp::FftDirection>;

Key key(std::size_t size, bool inverse)
{
    return { size, inverse ? dsp::FftDirection::backward : dsp::FftDirection::forward };
}

dsp::Fft make(const Key& key, const dsp::Fft*)
{
    return { static_cast<int>(key.first), key.second };
}

dsp::InverseRealFft make(std::size_t size, const dsp::InverseRealFft*)
{
    return dsp::InverseRealFft(static_cast<int>(size));
}

/// Looked up in the thread's own map first; the process's transforms live until its end.
template <typename Transform, typename Key> const Transform& transform_for(const Key& key)
{
    static std::mutex mutex;
    static std::map<Key, Transform> shared;
    thread_local std::map<Key, const Transform*> own;
    const Transform*& transform = own[key];
    if (!transform) {
        const std::lock_guard<std::mutex> lock(mutex);
        auto at = shared.find(key);
        if (at == shared.end())
            at = shared.emplace(key, make(key, transform)).first;
        transform = &at->second;
    }
    return *transform;
}

/// Out of place, which FFTW does faster, into a buffer that then changes places with the data.
void transform(Samples& data, bool inverse)
{
    if (data.empty())
        return;
    thread_local Samples out;
    out.resize(data.size());
    transform_for<dsp::Fft>(key(data.size(), inverse)).run(data.data(), out.data());
    data.swap(out);
}

} // namespace

void transform_forward(Samples& data)
{
    transform(data, false);
}

void transform_inverse(Samples& data)
{
    transform(data, true);
}

void transform_parts(Samples& in, Samples& out, std::size_t size, bool inverse)
{
    const dsp::Fft& fft = transform_for<dsp::Fft>(key(size, inverse));
    for (std::size_t first = 0; first < in.size(); first += size)
        fft.run(in.data() + first, out.data() + first);
}

std::vector<float> transform_inverse_real(Samples& bins, int size)
{
    PRUNEDAMR_CHECK(bins.size() == static_cast<std::size_t>(size / 2 + 1), "bins 0..size/2");
    std::vector<float> out(static_cast<std::size_t>(size));
    transform_for<dsp::InverseRealFft>(out.size()).run(bins.data(), out.data());
    return out;
}

int fast_transform_size(int count)
{
    int power = 64;
    while (power < count)
        power *= 2;
    for (const int size : { power / 16 * 9, power / 4 * 3 })
        if (size >= count)
            return size;
    return power;
}

namespace {

constexpr std::size_t kLargestPart = 1024; // samples: 8 KiB, with its transform half of the first cache
constexpr float kSine = 0.8660254038f;     // of 120 degrees

/// exp(-2 pi i j r / size) for r = 1..radix - 1 and j = 0..size / radix - 1.
struct Split {
    std::size_t radix, part;    ///< part = size / radix
    std::vector<Samples> turns; ///< [radix - 1][part]
};

Split make_split(std::size_t size, std::size_t radix)
{
    Split split{ radix, size / radix, {} };
    for (std::size_t r = 1; r < radix; ++r) {
        Samples& turns = split.turns.emplace_back(split.part);
        for (std::size_t j = 0; j < split.part; ++j)
            turns[j] = std::complex<float>(
                std::polar(1.0, -2.0 * M_PI * static_cast<double>(j * r) / static_cast<double>(size)));
    }
    return split;
}

struct Complex {
    float re, im;
};
inline Complex operator+(Complex a, Complex b)
{
    return { a.re + b.re, a.im + b.im };
}
inline Complex operator-(Complex a, Complex b)
{
    return { a.re - b.re, a.im - b.im };
}
inline Complex operator*(float a, Complex b)
{
    return { a * b.re, a * b.im };
}
inline Complex operator*(Complex a, Complex b)
{
    return { a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };
}
inline Complex conjugate(Complex a)
{
    return { a.re, -a.im };
}
inline Complex times_i(Complex a)
{
    return { -a.im, a.re };
}

Complex* data(Samples& samples)
{
    return reinterpret_cast<Complex*>(samples.data());
}
const Complex* data(const Samples& samples)
{
    return reinterpret_cast<const Complex*>(samples.data());
}

/// One decimation in frequency by three: bins 3k, 3k + 1 and 3k + 2 become the transforms of a, b and c.
PRUNEDAMR_VECTOR_CLONES
void take_apart(Complex* __restrict a, Complex* __restrict b, Complex* __restrict c, const Complex* __restrict w1,
                const Complex* __restrict w2, std::size_t part)
{
    for (std::size_t j = 0; j < part; ++j) {
        const Complex sum = b[j] + c[j], rest = a[j] - 0.5f * sum, turned = times_i(kSine * (b[j] - c[j]));
        a[j] = a[j] + sum;
        b[j] = (rest - turned) * w1[j];
        c[j] = (rest + turned) * w2[j];
    }
}

/// The way back, three times as large.
PRUNEDAMR_VECTOR_CLONES
void put_together(Complex* __restrict a, Complex* __restrict b, Complex* __restrict c, const Complex* __restrict w1,
                  const Complex* __restrict w2, std::size_t part)
{
    for (std::size_t j = 0; j < part; ++j) {
        const Complex second = b[j] * conjugate(w1[j]), third = c[j] * conjugate(w2[j]);
        const Complex sum = second + third, rest = a[j] - 0.5f * sum, turned = times_i(kSine * (second - third));
        a[j] = a[j] + sum;
        b[j] = rest + turned;
        c[j] = rest - turned;
    }
}

/// The same by two.
PRUNEDAMR_VECTOR_CLONES
void take_apart(Complex* __restrict a, Complex* __restrict b, const Complex* __restrict w, std::size_t part)
{
    for (std::size_t j = 0; j < part; ++j) {
        const Complex difference = a[j] - b[j];
        a[j] = a[j] + b[j];
        b[j] = difference * w[j];
    }
}

PRUNEDAMR_VECTOR_CLONES
void put_together(Complex* __restrict a, Complex* __restrict b, const Complex* __restrict w, std::size_t part)
{
    for (std::size_t j = 0; j < part; ++j) {
        const Complex second = b[j] * conjugate(w[j]);
        b[j] = a[j] - second;
        a[j] = a[j] + second;
    }
}

PRUNEDAMR_VECTOR_CLONES
void scale_bins(Complex* __restrict bins, std::size_t count, const float* __restrict gains, std::size_t stride)
{
    for (std::size_t k = 0; k < count; ++k)
        bins[k] = gains[k * stride] * bins[k];
}

/// How one size is taken apart; shared by all threads.
class Product
{
public:
    explicit Product(std::size_t size) : part_(size)
    {
        for (; part_ > kLargestPart && part_ % 2 == 0; part_ = splits_.back().part)
            splits_.push_back(make_split(part_, part_ % 3 == 0 ? 3 : 2));
    }

    void run(Samples& samples, Samples& bins, const float* gains) const
    {
        take_all_apart(data(samples), 0);
        transform_parts(samples, bins, part_, false);
        scale_all(data(bins), 0, gains, 1);
        transform_parts(bins, samples, part_, true);
        put_all_together(data(samples), 0);
    }

private:
    void take_all_apart(Complex* x, std::size_t level) const
    {
        if (level == splits_.size())
            return;
        const Split& split = splits_[level];
        if (split.radix == 3)
            take_apart(x, x + split.part, x + 2 * split.part, data(split.turns[0]), data(split.turns[1]),
                       split.part);
        else
            take_apart(x, x + split.part, data(split.turns[0]), split.part);
        for (std::size_t r = 0; r < split.radix; ++r)
            take_all_apart(x + r * split.part, level + 1);
    }

    void put_all_together(Complex* x, std::size_t level) const
    {
        if (level == splits_.size())
            return;
        const Split& split = splits_[level];
        for (std::size_t r = 0; r < split.radix; ++r)
            put_all_together(x + r * split.part, level + 1);
        if (split.radix == 3)
            put_together(x, x + split.part, x + 2 * split.part, data(split.turns[0]), data(split.turns[1]),
                         split.part);
        else
            put_together(x, x + split.part, data(split.turns[0]), split.part);
    }

    /// Bin k of the part that remainder r of each split leads to is bin r + radix * (...) of the whole.
    void scale_all(Complex* bins, std::size_t level, const float* gains, std::size_t stride) const
    {
        if (level == splits_.size())
            return scale_bins(bins, part_, gains, stride);
        const Split& split = splits_[level];
        for (std::size_t r = 0; r < split.radix; ++r)
            scale_all(bins + r * split.part, level + 1, gains + r * stride, stride * split.radix);
    }

    std::size_t part_; ///< size of the parts that are transformed
    std::vector<Split> splits_;
};

const Product& product_of(std::size_t size)
{
    static std::mutex mutex;
    static std::map<std::size_t, std::unique_ptr<const Product>> shared;
    thread_local std::map<std::size_t, const Product*> own;
    const Product*& product = own[size];
    if (!product) {
        const std::lock_guard<std::mutex> lock(mutex);
        auto& first = shared[size];
        if (!first)
            first = std::make_unique<const Product>(size);
        product = first.get();
    }
    return *product;
}

} // namespace

void multiply_spectrum(Samples& samples, const std::vector<float>& gains)
{
    PRUNEDAMR_CHECK(samples.size() == gains.size(), "a gain per bin");
    if (samples.empty())
        return;
    thread_local Samples bins;
    bins.resize(samples.size());
    product_of(samples.size()).run(samples, bins, gains.data());
}

} // namespace prunedamr::synth
