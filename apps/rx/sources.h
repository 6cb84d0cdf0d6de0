// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/rx/options.h"
#include "apps/rx/sample_source.h"

#include <gnuradio/basic_block.h>

#include <cstdint>
#include <optional>

namespace prunedamr::rx {

/// A block that gives samples, and what is known of them.
struct Source {
    gr::block_sptr block;
    sample_source::sptr samples; ///< the same block, where this program reads the samples itself
    double sample_rate_hz = 0.0;
    double center_freq_hz = 0.0;
    std::optional<data::RecordingInfo> recording; ///< of a file
    bool live = false;                            ///< cannot wait for a slow reader
    std::optional<std::int64_t> time_ns;          ///< of the first sample; none: system time when it arrives
};

/// Throws `Error` naming file, device or endpoint that cannot be opened.
Source make_source(const SourceOptions& options);

} // namespace prunedamr::rx
