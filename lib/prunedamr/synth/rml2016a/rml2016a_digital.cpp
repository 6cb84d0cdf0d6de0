// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/rml2016a_digital.h"

#include "prunedamr/base/error.h"
#include "prunedamr/synth/signal/analog.h"
#include "prunedamr/synth/signal/phasor.h"

#include <cmath>
#include <liquid/liquid.h>
#include <map>
#include <numeric>

namespace prunedamr::synth {
namespace {

constexpr int kSps = kRml2016aSamplesPerSymbol;

/// Position along an axis of the point that carries `bits`: the inverse of the Gray code.
unsigned gray_position(unsigned bits)
{
    unsigned position = 0;
    for (; bits != 0; bits >>= 1)
        position ^= bits;
    return position;
}

Samples psk(unsigned order, double first_angle)
{
    Samples points(order);
    for (unsigned bits = 0; bits < order; ++bits)
        points[bits] = std::complex<float>(std::polar(1.0, first_angle + 2.0 * M_PI * gray_position(bits) / order));
    return points;
}

/// `bits_i` bits choose the level on the I axis, the `bits_q` lower ones that on the Q axis.
Samples grid(unsigned bits_i, unsigned bits_q)
{
    const auto level = [](unsigned bits, unsigned count) {
        return count == 0 ? 0.0f
                          : 2.0f * static_cast<float>(gray_position(bits)) + 1.0f - static_cast<float>(1u << count);
    };
    Samples points(std::size_t{ 1 } << (bits_i + bits_q));
    for (unsigned bits = 0; bits < points.size(); ++bits)
        points[bits] = { level(bits >> bits_q, bits_i), level(bits & ((1u << bits_q) - 1), bits_q) };
    return points;
}

/// RadioML takes arms 0, 4 .. 28 of a filter at 32 samples per symbol: that is this filter at 8.
std::vector<float> root_raised_cosine()
{
    constexpr unsigned kReach = 44; // symbols on either side
    std::vector<float> taps(2 * kSps * kReach + 1);
    liquid_firdes_rrcos(kSps, kReach, 0.35f, 0.0f, taps.data());
    const float sum = std::accumulate(taps.begin(), taps.end(), 0.0f);
    for (auto& tap : taps)
        tap *= kSps / sum;
    return taps;
}

/// Gaussian of 32 taps, its middle at tap 15, times a symbol's rectangle.
std::vector<float> gaussian_pulse()
{
    constexpr int kLength = 4 * kSps, kMiddle = kLength / 2 - 1;
    const double deviation = kSps * std::sqrt(std::log(2.0)) / (2.0 * M_PI * 0.35); // samples
    std::vector<double> gaussian(kLength);
    for (int i = 0; i < kLength; ++i)
        gaussian[i] = std::exp(-0.5 * std::pow((i - kMiddle) / deviation, 2.0));
    const double sum = std::accumulate(gaussian.begin(), gaussian.end(), 0.0);
    std::vector<float> pulse(kLength + kSps - 1);
    for (int i = 0; i < kLength; ++i)
        for (int k = 0; k < kSps; ++k)
            pulse[i + k] += static_cast<float>(gaussian[i] / sum);
    return pulse;
}

Samples signs(const Bits& bits)
{
    Samples out(bits.size());
    for (std::size_t i = 0; i < bits.size(); ++i)
        out[i] = bits[i] ? 1.0f : -1.0f;
    return out;
}

} // namespace

const Samples& rml2016a_constellation(const std::string& name)
{
    static const std::map<std::string, Samples> all = {
        { "BPSK", psk(2, 0.0) }, { "QPSK", psk(4, M_PI / 4) }, { "8PSK", psk(8, 0.0) },
        { "PAM4", grid(2, 0) },  { "QAM16", grid(2, 2) },      { "QAM64", grid(3, 3) },
    };
    const auto found = all.find(name);
    PRUNEDAMR_CHECK(found != all.end(), "a constellation of RML2016.10a");
    return found->second;
}

Samples rml2016a_linear(const std::string& name, const Bits& bits)
{
    static const std::vector<float> taps = root_raised_cosine();
    const Samples& points = rml2016a_constellation(name);
    std::size_t bits_per_symbol = 1;
    while (std::size_t{ 1 } << bits_per_symbol < points.size())
        ++bits_per_symbol;
    Samples symbols(bits.size() / bits_per_symbol);
    auto bit = bits.begin();
    for (auto& symbol : symbols) {
        std::size_t word = 0;
        for (std::size_t i = 0; i < bits_per_symbol; ++i)
            word = 2 * word + *bit++;
        symbol = points[word];
    }
    return upsample(symbols, taps, kSps);
}

Samples rml2016a_gfsk(const Bits& bits)
{
    static const std::vector<float> pulse = gaussian_pulse();
    Samples out = modulate_fm(real_part(upsample(signs(bits), pulse, kSps)), 0.1 / (2.0 * M_PI));
    for (auto& x : out)
        x *= 0.999f;
    return out;
}

Samples rml2016a_cpfsk(const Bits& bits)
{
    std::vector<float> frequency(bits.size() * kSps);
    for (std::size_t n = 0; n < frequency.size(); ++n)
        frequency[n] = bits[n / kSps] ? 1.0f : -1.0f;
    return modulate_fm(frequency, 0.5 / (2.0 * kSps));
}

} // namespace prunedamr::synth
