// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Signatures by Ed25519 (RFC 8032), of libsodium.
namespace prunedamr {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

/// Half of the SHA-256 of a public key, as 32 hexadecimal digits: by it people compare keys.
std::string fingerprint(const PublicKey& key);

/// A secret key, which is wiped from memory when it goes.
class SigningKey
{
public:
    static SigningKey make(); ///< a new one, from the system's randomness

    /// Reads what `write` wrote. Throws `Error` for a file that holds no secret key, or one that is damaged.
    static SigningKey read(const std::string& path);

    ~SigningKey();
    SigningKey(const SigningKey&) = default;
    SigningKey& operator=(const SigningKey&) = default;

    /// Writes the secret key to a new file `path`, which its owner alone may read, and the public one to
    /// `path`.pub. Throws `Error` when one of them is there already or cannot be written.
    void write(const std::string& path) const;

    PublicKey public_key() const;
    Signature sign(std::string_view bytes) const;

private:
    SigningKey() = default;

    std::array<std::uint8_t, 64> secret_{};
};

bool is_signed_by(const PublicKey& key, std::string_view bytes, const Signature& signature);

/// The public keys in a file, a line each, or in all files NAME.pub of a folder. Throws `Error` for what is no
/// public key (a secret one by name), and where there is none.
std::vector<PublicKey> read_public_keys(const std::string& path);

} // namespace prunedamr
