// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace prunedamr::engine {

/// While it lives, this thread takes numbers below 1.2e-38 for zero, as operands and as results: a gate that is
/// shut, or silence, would else make a frame several times slower on some processors. The mode before comes back.
class FlushDenormals
{
public:
    FlushDenormals();
    ~FlushDenormals();
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

private:
    std::uint64_t before_; ///< mode of the processor
};

} // namespace prunedamr::engine
