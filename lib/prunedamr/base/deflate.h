// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace prunedamr {

/// Lossless coding by zlib. In a build without it both functions throw `Error`.
bool deflate_available();

/// A zlib stream (RFC 1950). What `dictionary` holds (its last 32768 bytes) costs next to nothing.
std::string deflated(std::string_view bytes, std::string_view dictionary = {});

/// The bytes of a stream, which must be `size` in number; the same dictionary again. No more than that is ever
/// allocated, nor more than such a stream can hold (1032 times its size). Throws `Error` without a place.
std::string inflated(std::string_view stream, std::size_t size, std::string_view dictionary = {});

} // namespace prunedamr
