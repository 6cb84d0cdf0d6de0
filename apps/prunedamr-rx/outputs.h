// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr-rx/hub_side.h"
#include "apps/prunedamr-rx/options.h"

#include "prunedamr/receiver/sample_history.h"
#include "prunedamr/receiver/source.h"
#include "prunedamr/stream/sinks.h"

#include <memory>
#include <string>
#include <vector>

namespace prunedamr::rx {

/// Before anything is opened for writing: no label may stand in what the run reads, nor in another output's file.
/// SigMF annotations are added to those of the source. Throws `Error`.
void check_files(const Options& options, const std::string& model);

/// Opens the outputs, in their order, and `last` behind them. `history`: for snippets, where they are wanted; `hub`: which shows
/// them, or none.
std::unique_ptr<stream::Publisher> make_publisher(const Options& options, const receiver::SourceInfo& source,
                                                  receiver::SampleHistory* history, std::vector<std::unique_ptr<stream::Sink>> last, HubSide* hub);

} // namespace prunedamr::rx
