// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr-rx/options.h"

#include "prunedamr/model/model_info.h"
#include "prunedamr/stream/drift.h"

#include <memory>
#include <string>

namespace prunedamr::rx {

/// The watch for drift over a run, whose reference comes from where `--drift` says, and stays there when it was
/// learned.
class SiteWatch
{
public:
    /// Says what labels are compared with when that was asked for. Throws `Error` for a file that is no reference
    /// or cannot be written, and for a model that has none.
    SiteWatch(const Options& options, const model::ModelInfo& model);

    /// On the classifying thread.
    void see(stream::LabelEvent& event) noexcept
    {
        if (watch_)
            watch_->see(event);
    }

    /// At the end of the run: says when what is usual was not learned.
    void finish() const;

    /// Now and then: what was learned is kept, and drift is said, --quiet or not.
    void tell();

    const stream::DriftWatch* watch() const noexcept { return watch_.get(); } ///< null: none

private:
    std::string file_; ///< to be written once it is learned; else empty
    bool is_quiet_;
    std::uint64_t told_ = 0, learn_ = 0;
    std::unique_ptr<stream::DriftWatch> watch_;
};

} // namespace prunedamr::rx
