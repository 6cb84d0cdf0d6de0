// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/rx/options.h"
#include "apps/rx/requests.h"
#include "apps/rx/sources.h"
#include "apps/rx/statistics.h"

#include "prunedamr/stream/sinks.h"

#include <gnuradio/prunedamr/labeller.h>
#include <gnuradio/top_block.h>

#include <memory>
#include <optional>
#include <string>

namespace prunedamr::rx {

/// The flowgraph source -> classifier or survey, and the publisher of its label events.
class Receiver
{
public:
    /// Opens source, model and outputs, in this order. Throws `Error` naming what cannot be opened.
    explicit Receiver(const Options& options);

    /// Until the stream ends, or SIGINT or SIGTERM arrives under an `InterruptGuard`; all labels are written
    /// on return. SIGHUP under a `RequestGuard`, or a change of a watched file, brings in the model anew, SIGUSR1
    /// the one before it. A label reader that stalls is left behind a second after such a signal. Throws when the
    /// source or an output fails midway.
    void run();

private:
    void wait_for_end(Statistics& statistics);
    void follow_requests();
    void stop();
    void write_out();
    void abandon_stalled_readers();

    Source source_;
    const std::string model_; ///< file
    std::optional<WatchedFile> watched_;
    gr::prunedamr::labeller::sptr labeller_;
    std::unique_ptr<stream::Publisher> publisher_;
    gr::top_block_sptr flowgraph_;
    const std::string where_; ///< the source, for errors
    const bool quiet_;
    std::optional<Statistics::Clock::time_point> interrupted_at_;
};

} // namespace prunedamr::rx
