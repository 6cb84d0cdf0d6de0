// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/half.h"

#include <algorithm>
#include <cstring>

namespace prunedamr {
namespace {

constexpr std::uint32_t kInfinity = 0x7f800000, kHalfInfinity = 0x7c00;
constexpr std::uint32_t kRebias = (127 - 15) << 23; // between the exponents' biases
constexpr std::uint32_t kMinNormal = 113u << 23;    // 2^-14
constexpr float kHalf = 0.5f;                       // a float32 here has the step of float16's denormals, 2^-24
constexpr float kStep = 1.0f / (1 << 24);

std::uint32_t bits_of(float x)
{
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

float float_of(std::uint32_t bits)
{
    float x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

std::uint16_t half_of(float x)
{
    const std::uint32_t sign = bits_of(x) >> 16 & 0x8000;
    const std::uint32_t size = bits_of(x) & 0x7fffffff;
    const std::uint32_t normal = std::min((size - kRebias + 0xfff + (size >> 13 & 1)) >> 13, kHalfInfinity);
    const std::uint32_t denormal = bits_of(float_of(std::min(size, kMinNormal)) + kHalf) - bits_of(kHalf);
    const std::uint32_t number = size < kMinNormal ? denormal : normal;
    return static_cast<std::uint16_t>(sign | (size > kInfinity ? 0x7e00 : number));
}

float float_of_half(std::uint16_t half)
{
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
    const std::uint32_t size = half & 0x7fff;
    const std::uint32_t normal = (size << 13) + kRebias;
    const std::uint32_t denormal = bits_of(static_cast<float>(static_cast<std::int32_t>(size)) * kStep);
    const std::uint32_t number = size < 0x400 ? denormal : normal;
    return float_of(sign | (size >= kHalfInfinity ? size << 13 | kInfinity : number));
}

} // namespace

void to_half(const float* in, std::size_t count, std::uint16_t* out) noexcept
{
    for (std::size_t i = 0; i < count; ++i)
        out[i] = half_of(in[i]);
}

void from_half(const std::uint16_t* in, std::size_t count, float* out) noexcept
{
    for (std::size_t i = 0; i < count; ++i)
        out[i] = float_of_half(in[i]);
}

} // namespace prunedamr
