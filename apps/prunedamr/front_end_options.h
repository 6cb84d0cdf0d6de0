// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/front_end_spec.h"

#include <CLI/CLI.hpp>

namespace prunedamr::tool {

/// --front-end, --frame, --block-length, --occupied-fraction: the front end of data sets that are being made.
inline void add_front_end_options(CLI::App& command, FrontEndSpec& spec)
{
    using Kind = FrontEndSpec::Kind;
    command.add_option_function<std::string>(
            "--front-end",
            [&spec](const std::string& name) { spec.kind = name == "as_is" ? Kind::as_is : Kind::auto_band; },
            "how samples become frames")
        ->default_str("auto_band")
        ->check(CLI::IsMember({ "as_is", "auto_band" }));
    command.add_option("--frame", spec.frame_length, "frame length [samples]")
        ->capture_default_str()
        ->check(CLI::Range(16, 65536));
    command.add_option("--block-length", spec.block_length, "samples analyzed together")
        ->capture_default_str()
        ->check(CLI::Range(16, 1 << 20));
    command.add_option("--occupied-fraction", spec.occupied_fraction, "fraction of the rate that the band fills")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 1.0));
}

} // namespace prunedamr::tool
