// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/fft.h"

#include <complex>
#include <memory>
#include <vector>

namespace prunedamr::measure {

using Complex = std::complex<float>;

/// The transforms and buffers that all estimators share; allocates at construction only. One thread at a time.
/// Transforms have sizes 2^k and 3 * 2^k, from 16 to `max_size`.
class Workspace
{
public:
    explicit Workspace(int max_samples); ///< of one decision

    int max_samples() const noexcept { return max_samples_; }
    int max_size() const noexcept { return max_size_; }

    /// The smallest size of a transform that is at least `min`, or the largest there is.
    int size(double min) const noexcept;

    /// in[size] to out[size], which do not overlap; sizes as given by `size`. Backward is not scaled.
    void forward(int size, const Complex* in, Complex* out) const noexcept;
    void backward(int size, const Complex* in, Complex* out) const noexcept;

    /// Buffers of `max_size` elements. A function says which of them it uses when others must not.
    std::vector<Complex> a, b, c;
    std::vector<float> u, v, w, sorted;

private:
    int index(int size) const noexcept;

    int max_samples_, max_size_;
    std::vector<int> sizes_;
    std::vector<dsp::Fft> forward_, backward_;
};

/// Quantile `q` (0..1) of v[count], of at most 4096 values picked evenly; uses `space.sorted`.
float quantile(Workspace& space, const float* v, int count, double q) noexcept;

/// Mean of an odd number of neighbors, about `width`, on a circle of `count` values. `in` and `out` do not overlap.
void smooth_circular(const float* in, float* out, int count, int width) noexcept;

/// Divides v[count] by its running median over ln 2 where that is above 1: a level of 1 is what exponentially
/// distributed values of mean 1 have. Medians of blocks of `width`, straight lines between; uses `space.sorted`.
void flatten(Workspace& space, float* v, int count, int width) noexcept;

/// Sum z[n] exp(-2 pi i f n) over z[count].
std::complex<double> line_at(const Complex* z, int count, double frequency) noexcept;
std::complex<double> line_at(const float* z, int count, double frequency) noexcept;

/// Offset, in steps and within +-1, of the top of a parabola through three values; the edge that is higher where
/// there is no top.
double parabola(double left, double middle, double right) noexcept;

/// Frequency of the line of z near `frequency`, by parabolas through |line_at|^2 of steps 0.5 / count, 0.2 / count.
template <typename Value> double refine_line(const Value* z, int count, double frequency) noexcept
{
    for (const double step : { 0.5 / count, 0.2 / count })
        frequency += step * parabola(std::norm(line_at(z, count, frequency - step)),
                                     std::norm(line_at(z, count, frequency)),
                                     std::norm(line_at(z, count, frequency + step)));
    return frequency;
}

/// Solves the symmetric, positive definite system of `n` equations (at most 32) in place; a[n * n] is used up.
/// Returns false, and leaves x undefined, where it is singular.
bool solve(std::complex<double>* a, std::complex<double>* x, int n) noexcept;

/// phases[n] = arg(y[n + 1] conj(y[n])) / (2 pi) of y[count + 1], to 1e-6 of a turn.
void phase_steps(const Complex* y, int count, float* phases) noexcept;

double wrap(double frequency) noexcept; ///< into -0.5 .. 0.5
double sinc(double x) noexcept;         ///< sin(pi x) / (pi x)
double normal_tail(double x) noexcept;  ///< probability that a standard normal exceeds x

/// The largest of what was offered, in falling order.
template <typename Item, int capacity> struct Best {
    Item items[capacity];
    double keys[capacity];
    int count = 0;

    void offer(double key, const Item& item) noexcept
    {
        if (count == capacity && key <= keys[count - 1])
            return;
        int at = count < capacity ? count++ : count - 1;
        for (; at > 0 && keys[at - 1] < key; --at) {
            items[at] = items[at - 1];
            keys[at] = keys[at - 1];
        }
        items[at] = item;
        keys[at] = key;
    }
};

} // namespace prunedamr::measure
