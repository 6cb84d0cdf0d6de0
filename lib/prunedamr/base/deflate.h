// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace prunedamr {

/// Lossless coding by zlib: a stream of RFC 1950. What `dictionary` holds (its last 32768 bytes) costs next to
/// nothing.
std::string deflated(std::string_view bytes, std::string_view dictionary = {});

/// The bytes of a stream, which must be `size` in number; the same dictionary again. No more than that is ever
/// allocated, nor more than such a stream can hold (1032 times its size). Throws `Error` without a place.
std::string inflated(std::string_view stream, std::size_t size, std::string_view dictionary = {});

/// The first `limit` bytes of a stream, or fewer where it ends or is damaged before. Never throws `Error`.
std::string inflated_prefix(std::string_view stream, std::size_t limit);

/// Whoever claims more was never deflated: the form cannot shrink more than about 1032 to 1.
constexpr std::size_t kMaxDeflateRatio = 1100;

/// CRC-32 as zlib, PNG and Ethernet have it.
std::uint32_t crc32(std::string_view bytes);

} // namespace prunedamr
