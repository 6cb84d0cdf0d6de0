// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace prunedamr {

/// IEEE 754 binary16 (float16) in bulk, by its bits: 11 significant bits, 6.1e-5..65504, below that in steps of
/// 6e-8. Rounds to nearest, ties to even; from 65520 on the result is infinite. Loops without branches: compilers
/// make vector code of them, and no denormal float32 is computed with.
void to_half(const float* in, std::size_t count, std::uint16_t* out) noexcept;
void from_half(const std::uint16_t* in, std::size_t count, float* out) noexcept;

} // namespace prunedamr
