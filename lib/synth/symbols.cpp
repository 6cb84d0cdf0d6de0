// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/symbols.h"

#include "prunedamr/base/error.h"
#include "prunedamr/synth/onair_ranges.h"

#include <algorithm>
#include <liquid/liquid.h>
#include <map>

namespace prunedamr::synth {
namespace {

Samples points(modulation_scheme scheme)
{
    const modemcf modem = modemcf_create(scheme);
    Samples all(std::size_t{ 1 } << modemcf_get_bps(modem));
    for (std::size_t i = 0; i < all.size(); ++i)
        modemcf_modulate(modem, static_cast<unsigned>(i), &all[i]);
    modemcf_destroy(modem);
    return all;
}

/// A byte repeated over a stretch: flags, zeros, or the alternation of a preamble.
void insert_idle_pattern(Bits& bits, Rng& rng)
{
    constexpr std::uint8_t kPatterns[] = { 0x55, 0x33, 0x7e, 0x0f };
    const auto& range = kOnairRanges.idle_symbols;
    const auto length = std::min<std::int64_t>(static_cast<std::int64_t>(rng.uniform(range.low, range.high)),
                                               static_cast<std::int64_t>(bits.size()) / 2);
    const auto start = rng.integer(0, static_cast<std::int64_t>(bits.size()) - length);
    const std::uint8_t pattern = kPatterns[rng.integer(0, 3)];
    for (std::int64_t i = 0; i < length; ++i)
        bits[start + i] = pattern >> i % 8 & 1;
}

} // namespace

Bits draw_bits(int count, Rng& rng)
{
    Bits bits(static_cast<std::size_t>(count));
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        if (i % 64 == 0)
            word = rng.next();
        bits[i] = word >> i % 64 & 1;
    }
    if (rng.chance(kOnairRanges.idle_pattern))
        insert_idle_pattern(bits, rng);
    return bits;
}

Bits manchester(const Bits& bits)
{
    Bits chips;
    chips.reserve(2 * bits.size());
    for (const std::uint8_t bit : bits) {
        chips.push_back(bit);
        chips.push_back(1 - bit);
    }
    return chips;
}

const Samples& constellation(const std::string& name)
{
    static const std::map<std::string, Samples> table = {
        { "BPSK", points(LIQUID_MODEM_BPSK) },   { "QPSK", points(LIQUID_MODEM_QPSK) },
        { "OQPSK", points(LIQUID_MODEM_QPSK) },  { "8PSK", points(LIQUID_MODEM_PSK8) },
        { "16QAM", points(LIQUID_MODEM_QAM16) }, { "64QAM", points(LIQUID_MODEM_QAM64) },
    };
    const auto found = table.find(name);
    PRUNEDAMR_CHECK(found != table.end(), "not a linear modulation");
    return found->second;
}

Samples draw_symbols(const std::string& name, int count, Rng& rng)
{
    const Samples& alphabet = constellation(name);
    Samples symbols(static_cast<std::size_t>(count));
    if (alphabet.size() == 2) {
        const bool coded = rng.chance(kOnairRanges.manchester);
        const Bits bits = coded ? manchester(draw_bits(count / 2 + 1, rng)) : draw_bits(count, rng);
        for (std::size_t i = 0; i < symbols.size(); ++i)
            symbols[i] = alphabet[bits[i]];
        return symbols;
    }
    for (auto& symbol : symbols)
        symbol = alphabet[rng.next() >> 32 & (alphabet.size() - 1)];
    return symbols;
}

} // namespace prunedamr::synth
