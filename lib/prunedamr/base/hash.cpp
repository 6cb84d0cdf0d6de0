// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/hash.h"

#include <cstdio>

namespace prunedamr {

void Hash::add(const void* bytes, std::size_t size)
{
    const auto* at = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < size; ++i)
        state_ = (state_ ^ at[i]) * 0x100000001b3u;
}

std::string Hash::text() const
{
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(state_));
    return digits;
}

} // namespace prunedamr
