// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/recording/sha512.h"

#ifdef PRUNEDAMR_HAVE_SHA512
#include <sodium.h>
#endif

namespace prunedamr::data {

#ifdef PRUNEDAMR_HAVE_SHA512

struct Sha512::State {
    crypto_hash_sha512_state sodium;
};

bool Sha512::available()
{
    return true;
}

Sha512::Sha512() : state_(std::make_unique<State>())
{
    crypto_hash_sha512_init(&state_->sodium);
}

void Sha512::add(const void* bytes, std::size_t count)
{
    crypto_hash_sha512_update(&state_->sodium, static_cast<const unsigned char*>(bytes), count);
}

std::string Sha512::hex()
{
    unsigned char hash[crypto_hash_sha512_BYTES];
    crypto_hash_sha512_final(&state_->sodium, hash);
    char text[2 * sizeof hash + 1];
    sodium_bin2hex(text, sizeof text, hash, sizeof hash);
    return text;
}

#else

struct Sha512::State {
};

bool Sha512::available()
{
    return false;
}

Sha512::Sha512() = default;
void Sha512::add(const void*, std::size_t) {}

std::string Sha512::hex()
{
    return "";
}

#endif

Sha512::~Sha512() = default;

} // namespace prunedamr::data
