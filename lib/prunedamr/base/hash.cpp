// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/hash.h"

#include <fmt/format.h>

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

} // namespace prunedamr
