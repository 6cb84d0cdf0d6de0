// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"

#include <CLI/CLI.hpp>

#include <string>

namespace prunedamr::tool {

/// A part that this build lacks, and what would bring it.
struct AbsentPart {
    const char* needs;     ///< "LibTorch"
    const char* configure; ///< "-DPRUNEDAMR_TRAIN=ON (needs libtorch-dev)"

    [[noreturn]] void refuse(const std::string& what) const
    {
        throw Error({ std::string("not in this build: configure with ") + configure, what, "", "" });
    }

    /// A subcommand that is there only to say so.
    void add_subcommand(CLI::App& app, const std::string& name) const
    {
        auto* command = app.add_subcommand(name, std::string("not in this build (needs ") + needs + ")");
        command->allow_extras();
        command->callback([part = *this, name] { part.refuse(name); });
    }
};

} // namespace prunedamr::tool
