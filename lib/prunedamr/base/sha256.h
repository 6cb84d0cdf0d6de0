// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace prunedamr {

/// 32 bytes of SHA-256 (FIPS 180-4).
using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(const void* bytes, std::size_t size);

std::string to_hex(const Sha256& hash); ///< 64 digits

} // namespace prunedamr
