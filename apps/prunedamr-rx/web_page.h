// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr-rx/options.h"

#include "prunedamr/receiver/receiver.h"
#include "prunedamr/receiver/web/server.h"
#include "prunedamr/receiver/web/status_board.h"

#include <memory>

namespace prunedamr::rx {

/// What `--web` serves: /metrics and /api/v1/status. It outlives the publisher that has its sink.
class WebPage
{
public:
    /// Throws `Error` when it cannot be served.
    explicit WebPage(const Options& options);

    std::unique_ptr<stream::Sink> sink() { return receiver::make_board_sink(board_); }
    std::string address() const { return server_.address(); }
    void set_source(const receiver::SourceInfo& source);

    /// Now and then. `total`: since the start of the run.
    void update(const receiver::ReceiverStats& total, const stream::Publisher& publisher);

private:
    const Options& options_;
    receiver::StatusBoard board_;
    receiver::WebServer server_; ///< ends before what it shows
};

} // namespace prunedamr::rx
