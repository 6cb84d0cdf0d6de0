// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"

#include <cmath>

namespace prunedamr {
namespace {

constexpr double kTwoPi = 6.283185307179586476925286766559;

std::uint64_t splitmix64(std::uint64_t& x)
{
    std::uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

std::uint64_t rotl(std::uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

} // namespace

Rng::Rng(std::uint64_t seed)
{
    for (auto& word : state_)
        word = splitmix64(seed);
}

Rng Rng::fork(std::uint64_t stream) const
{
    std::uint64_t seed = state_[0] ^ rotl(state_[2], 23);
    std::uint64_t mixed = splitmix64(seed) ^ (stream * 0xd1342543de82ef95ULL + 1);
    return Rng(splitmix64(mixed));
}

std::uint64_t Rng::next()
{
    const std::uint64_t result = rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
}

double Rng::uniform()
{
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Rng::uniform(double low, double high)
{
    return low + (high - low) * uniform();
}

double Rng::log_uniform(double low, double high)
{
    return low * std::pow(high / low, uniform());
}

std::int64_t Rng::integer(std::int64_t low, std::int64_t high)
{
    const auto range = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<std::int64_t>(next() % range);
}

bool Rng::chance(double probability)
{
    return uniform() < probability;
}

double Rng::normal()
{
    if (has_spare_) {
        has_spare_ = false;
        return spare_normal_;
    }
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    const double angle = kTwoPi * uniform();
    spare_normal_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
}

std::complex<float> Rng::complex_normal()
{
    const double scale = 0.70710678118654752440;
    const double re = normal();
    const double im = normal();
    return { static_cast<float>(scale * re), static_cast<float>(scale * im) };
}

} // namespace prunedamr
