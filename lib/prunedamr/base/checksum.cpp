// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/checksum.h"

#include <fmt/format.h>
#include <sodium.h>

namespace prunedamr {

void Fnv1a64::add(const void* bytes, std::size_t size)
{
    const auto* at = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < size; ++i)
        state_ = (state_ ^ at[i]) * 0x100000001b3u;
}

std::string Fnv1a64::text() const
{
    return fmt::format("{:016x}", state_);
}

Sha256 sha256(const void* bytes, std::size_t size)
{
    static_assert(crypto_hash_sha256_BYTES == std::tuple_size_v<Sha256>);
    Sha256 hash;
    crypto_hash_sha256(hash.data(), static_cast<const unsigned char*>(bytes), size);
    return hash;
}

std::string to_hex(const Sha256& hash)
{
    char text[2 * std::tuple_size_v<Sha256> + 1];
    return sodium_bin2hex(text, sizeof text, hash.data(), hash.size());
}

struct Sha512::State {
    crypto_hash_sha512_state sodium;
};

Sha512::Sha512() : state_(std::make_unique<State>())
{
    crypto_hash_sha512_init(&state_->sodium);
}

Sha512::~Sha512() = default;

void Sha512::add(const void* bytes, std::size_t count)
{
    crypto_hash_sha512_update(&state_->sodium, static_cast<const unsigned char*>(bytes), count);
}

std::string Sha512::hex()
{
    unsigned char hash[crypto_hash_sha512_BYTES];
    crypto_hash_sha512_final(&state_->sodium, hash);
    char text[2 * sizeof hash + 1];
    return sodium_bin2hex(text, sizeof text, hash, sizeof hash);
}

} // namespace prunedamr
