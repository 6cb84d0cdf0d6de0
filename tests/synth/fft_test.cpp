// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/fft.h"
#include "prunedamr/synth/signal/phasor.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <thread>

namespace prunedamr::synth {
namespace {

Samples noise(std::size_t count)
{
    Rng rng(count);
    Samples x(count);
    add_noise(x, 1.0, rng);
    return x;
}

TEST(Transform, IsThePlainSumAndTurnsBack)
{
    for (const std::size_t size : { 0u, 1u, 2u, 97u, 144u, 512u }) {
        const Samples x = noise(size);
        Samples bins = x;
        transform_forward(bins);
        for (std::size_t k = 0; k < size; ++k)
            EXPECT_LT(std::abs(std::complex<double>(bins[k]) -
                               fourier(x, static_cast<double>(k) / static_cast<double>(size), 0, size)),
                      1e-4 * std::sqrt(static_cast<double>(size)));
        transform_inverse(bins);
        for (std::size_t n = 0; n < size; ++n)
            EXPECT_LT(std::abs(bins[n] / static_cast<float>(size) - x[n]), 1e-5f);
    }
}

TEST(Transform, OfHalfASpectrumIsTheRealSignal)
{
    for (const int size : { 2, 64, 97, 144 }) {
        Samples half = noise(static_cast<std::size_t>(size / 2 + 1));
        half.front().imag(0.0f);
        if (size % 2 == 0)
            half.back().imag(0.0f);
        Samples whole(static_cast<std::size_t>(size));
        for (int k = 0; k <= size / 2; ++k) {
            whole[k] = half[k];
            whole[(size - k) % size] = std::conj(half[k]);
        }
        transform_inverse(whole);
        const auto real = transform_inverse_real(half, size);
        for (int n = 0; n < size; ++n)
            EXPECT_NEAR(real[n], whole[n].real(), 1e-4) << size;
    }
}

TEST(Transform, GivesTheSameBitsInEveryThread)
{
    const Samples x = noise(9216);
    Samples here = x, there = x;
    transform_forward(here);
    std::thread([&] { transform_forward(there); }).join();
    EXPECT_EQ(here, there);
}

TEST(Transform, ProductWithASpectrumEqualsTwoWholeTransforms)
{
    for (const std::size_t size : { 0u, 1u, 97u, 1024u, 1536u, 2048u, 2306u, 3074u, 9216u, 12288u }) {
        const Samples x = noise(size);
        std::vector<float> gains(size);
        for (std::size_t k = 0; k < size; ++k)
            gains[k] = std::sin(0.1f * static_cast<float>(k)) / static_cast<float>(size);
        Samples expected = x, product = x;
        transform_forward(expected);
        for (std::size_t k = 0; k < size; ++k)
            expected[k] *= gains[k];
        transform_inverse(expected);
        multiply_spectrum(product, gains);
        for (std::size_t n = 0; n < size; ++n)
            ASSERT_LT(std::abs(product[n] - expected[n]), 2e-6f) << size << ", sample " << n;
    }
}

TEST(Transform, FastSizesAreEnoughAndFew)
{
    EXPECT_EQ(fast_transform_size(1), 36);
    EXPECT_EQ(fast_transform_size(9216), 9216);
    EXPECT_EQ(fast_transform_size(9217), 12288);
    EXPECT_EQ(fast_transform_size(12289), 16384);
}

TEST(Phasor, IsThePointOfTheUnitCircle)
{
    std::vector<float> turns;
    for (int i = -40007; i <= 40007; ++i)
        turns.push_back(static_cast<float>(i) / 10007.0f);
    turns.insert(turns.end(), { 0.5f, -0.5f, 0.25f, 1000.125f, -0.0f });
    Samples out(turns.size()), product(turns.size(), { 0.5f, -2.0f });
    write_phasors(turns.data(), turns.size(), out.data());
    multiply_phasors(turns.data(), turns.size(), product.data());
    for (std::size_t n = 0; n < turns.size(); ++n) {
        const auto expected = std::polar(1.0, 2.0 * M_PI * static_cast<double>(turns[n]));
        ASSERT_LT(std::abs(std::complex<double>(out[n]) - expected), 1e-6) << turns[n];
        ASSERT_LT(std::abs(std::complex<double>(product[n]) - expected * std::complex<double>(0.5, -2.0)), 3e-6);
    }
}

} // namespace
} // namespace prunedamr::synth
