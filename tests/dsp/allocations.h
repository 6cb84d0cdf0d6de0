// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace prunedamr::test {

/// Heap allocations of the calling thread so far, by whatever library (malloc family; operator new calls it).
std::size_t allocations() noexcept;

} // namespace prunedamr::test
