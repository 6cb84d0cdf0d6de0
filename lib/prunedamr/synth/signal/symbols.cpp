// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/symbols.h"

#include "prunedamr/base/error.h"

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

/// Levels 0, 1, 2, 3 of mean power 1.
Samples unipolar_levels()
{
    const float step = 1.0f / std::sqrt(3.5f);
    return { 0.0f, step, 2.0f * step, 3.0f * step };
}

/// A short sequence repeated over a stretch: the alternation of a preamble, flags, filler.
void insert_idle_pattern(Symbols& symbols, double wanted, int order, Rng& rng)
{
    const auto length = std::min<std::size_t>(static_cast<std::size_t>(wanted), symbols.size() / 2);
    const auto period = std::size_t{ 1 } << rng.integer(1, 3);
    if (length < period)
        return;
    const auto start = static_cast<std::size_t>(
        rng.integer(0, static_cast<std::int64_t>(symbols.size()) - static_cast<std::int64_t>(length)));
    if (symbols[start] == symbols[start + 1]) // a constant stretch would be no modulation at all
        symbols[start + 1] = static_cast<std::uint8_t>((symbols[start] + 1) % order);
    for (std::size_t i = period; i < length; ++i)
        symbols[start + i] = symbols[start + i - period];
}

} // namespace

SymbolSource::SymbolSource(JsonObject& fields, int order)
    : order_(order), idle_(fields.number("idle", 0.0, 1.0)), idle_symbols_(fields, "idle_symbols", 2.0, 1e6),
      manchester_(fields.number("manchester", 0.0, 1.0))
{
    if (manchester_ > 0.0 && order != 2)
        throw Error({ "Manchester code is for two symbols", fields.where(), std::to_string(order) + " symbols",
                      "\"manchester\": 0" });
}

Symbols SymbolSource::draw(int count, Rng& rng) const
{
    const bool coded = rng.chance(manchester_);
    Symbols symbols = draw_symbols(order_, coded ? count / 2 + 1 : count, rng);
    if (rng.chance(idle_))
        insert_idle_pattern(symbols, idle_symbols_.draw(rng), order_, rng);
    return coded ? manchester(symbols) : symbols;
}

Symbols draw_symbols(int order, int count, Rng& rng)
{
    Symbols symbols(static_cast<std::size_t>(count));
    const auto mask = static_cast<std::uint64_t>(order - 1);
    for (std::size_t i = 0; i < symbols.size();) {
        std::uint64_t word = rng.next();
        for (const std::size_t end = std::min(symbols.size(), i + 8); i < end; ++i, word >>= 8)
            symbols[i] = static_cast<std::uint8_t>(word & mask);
    }
    return symbols;
}

Symbols manchester(const Symbols& bits)
{
    Symbols chips;
    chips.reserve(2 * bits.size());
    for (const std::uint8_t bit : bits) {
        chips.push_back(bit);
        chips.push_back(1 - bit);
    }
    return chips;
}

const Samples& constellation(const std::string& name, const std::string& where)
{
    static const std::map<std::string, Samples> table = {
        { "BPSK", points(LIQUID_MODEM_BPSK) },     { "QPSK", points(LIQUID_MODEM_QPSK) },
        { "8PSK", points(LIQUID_MODEM_PSK8) },     { "16PSK", points(LIQUID_MODEM_PSK16) },
        { "32PSK", points(LIQUID_MODEM_PSK32) },   { "4ASK", points(LIQUID_MODEM_ASK4) },
        { "8ASK", points(LIQUID_MODEM_ASK8) },     { "16QAM", points(LIQUID_MODEM_QAM16) },
        { "32QAM", points(LIQUID_MODEM_QAM32) },   { "64QAM", points(LIQUID_MODEM_QAM64) },
        { "128QAM", points(LIQUID_MODEM_QAM128) }, { "256QAM", points(LIQUID_MODEM_QAM256) },
        { "16APSK", points(LIQUID_MODEM_APSK16) }, { "32APSK", points(LIQUID_MODEM_APSK32) },
        { "64APSK", points(LIQUID_MODEM_APSK64) }, { "128APSK", points(LIQUID_MODEM_APSK128) },
        { "unipolar 4ASK", unipolar_levels() },
    };
    const auto found = table.find(name);
    if (found == table.end()) {
        std::string known;
        for (const auto& [other, unused] : table)
            known += (known.empty() ? "" : ", ") + other;
        throw Error({ "unknown constellation", where, name, known });
    }
    return found->second;
}

} // namespace prunedamr::synth
