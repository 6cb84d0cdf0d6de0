// SPDX-License-Identifier: GPL-3.0-or-later
// Names and numbers are those of FIPS 180-4, sections 4.1.2, 4.2.2, 5 and 6.2.
#include "prunedamr/base/sha256.h"

#include <cstring>

namespace prunedamr {
namespace {

using Word = std::uint32_t;
using State = std::array<Word, 8>;

constexpr std::size_t kBlock = 64;

constexpr Word kRounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

Word turned(Word x, int bits)
{
    return x >> bits | x << (32 - bits);
}

void add_block(State& state, const std::uint8_t* block)
{
    Word w[64];
    for (std::size_t t = 0; t < 16; ++t)
        w[t] = Word{ block[4 * t] } << 24 | Word{ block[4 * t + 1] } << 16 | Word{ block[4 * t + 2] } << 8 |
               Word{ block[4 * t + 3] };
    for (std::size_t t = 16; t < 64; ++t)
        w[t] = w[t - 16] + w[t - 7] + (turned(w[t - 15], 7) ^ turned(w[t - 15], 18) ^ w[t - 15] >> 3) +
               (turned(w[t - 2], 17) ^ turned(w[t - 2], 19) ^ w[t - 2] >> 10);
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t t = 0; t < 64; ++t) {
        const Word choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
        const Word t1 = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + kRounds[t] + w[t];
        const Word t2 = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority;
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const Word result[] = { a, b, c, d, e, f, g, h };
    for (std::size_t i = 0; i < 8; ++i)
        state[i] += result[i];
}

} // namespace

Sha256 sha256(const void* bytes, std::size_t size)
{
    State state = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
    };
    const auto* at = static_cast<const std::uint8_t*>(bytes);
    std::size_t left = size;
    for (; left >= kBlock; left -= kBlock, at += kBlock)
        add_block(state, at);

    std::uint8_t tail[2 * kBlock] = {}; // the rest, a one bit, zeros, the length in bits
    if (left > 0)
        std::memcpy(tail, at, left);
    tail[left] = 0x80;
    const std::size_t end = left + 9 <= kBlock ? kBlock : 2 * kBlock;
    const std::uint64_t bits = std::uint64_t{ size } * 8;
    for (std::size_t i = 0; i < 8; ++i)
        tail[end - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
    for (std::size_t block = 0; block < end; block += kBlock)
        add_block(state, tail + block);

    Sha256 hash;
    for (std::size_t i = 0; i < hash.size(); ++i)
        hash[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
    return hash;
}

std::string to_hex(const Sha256& hash)
{
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : hash) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

} // namespace prunedamr
