// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr {

/// FNV-1a, 64 bits: tells runs and recipes apart, protects against nothing.
class Fnv1a64
{
public:
    void add(const void* bytes, std::size_t size);
    void add(const std::string& text) { add(text.data(), text.size()); }
    template <class T> void add(const std::vector<T>& values) { add(values.data(), values.size() * sizeof(T)); }

    std::string text() const; ///< 16 hexadecimal digits

private:
    std::uint64_t state_ = 0xcbf29ce484222325u;
};

/// 32 bytes of SHA-256 (FIPS 180-4), by libsodium.
using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(const void* bytes, std::size_t size);

std::string to_hex(const Sha256& hash); ///< 64 digits

/// SHA-512 of bytes that come in pieces, by libsodium.
class Sha512
{
public:
    Sha512();
    ~Sha512();
    void add(const void* bytes, std::size_t count);
    std::string hex(); ///< 128 digits; once, at the end

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace prunedamr
