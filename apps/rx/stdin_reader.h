// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/recording/recording.h"

#include <complex>
#include <cstddef>
#include <optional>
#include <vector>

namespace prunedamr::rx {

/// Raw samples from standard input as they come, never waiting long: a pipe may be silent for hours while the
/// receiver must still stop when told to.
class StdinReader
{
public:
    explicit StdinReader(data::SampleFormat format);

    /// Up to `count` samples; 0 when nothing came within 100 ms, none at the end.
    /// Throws `Error` on a read fault and for an end in the middle of a sample.
    std::optional<std::size_t> read(std::complex<float>* samples, std::size_t count);

private:
    const data::SampleFormat format_;
    const std::size_t bytes_per_sample_;
    std::vector<std::byte> buffer_; ///< begins with the bytes of a sample not yet whole
    std::size_t pending_ = 0;       ///< how many those are
};

} // namespace prunedamr::rx
