// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr-rx/options.h"
#include "apps/prunedamr-rx/requests.h"
#include "apps/prunedamr-rx/statistics.h"

#include "prunedamr/receiver/receiver.h"
#include "prunedamr/stream/sinks.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::rx {

/// One run of the program: a receiver, the publisher of its label events, and what is asked of them by signals.
class Session
{
public:
    /// Opens source, model and outputs, in this order. Throws `Error` naming what cannot be opened.
    explicit Session(const Options& options);

    /// Until the stream ends, or SIGINT or SIGTERM arrives under an `InterruptGuard`; all labels are written
    /// on return. An output that fails is said at once and the others go on; when the last has failed or its
    /// reader has left, the run ends. SIGHUP under a `RequestGuard`, or a change of a watched file, brings in the model anew, SIGUSR1
    /// the one before it. A label reader that stalls is left behind a second after such a signal. Throws when the
    /// source or an output fails midway.
    void run();

private:
    void wait_for_end(Statistics& statistics);
    void follow_requests();
    void tell_doubts();
    void write_out();
    void say_faults();
    std::size_t failed_outputs() const;
    void abandon_stalled_readers();

    const bool quiet_;
    std::vector<std::string> outputs_; ///< their targets
    std::vector<bool> fault_said_;     ///< of each
    std::array<bool, 2> told_{}; ///< `stream::doubts`
    std::string model_; ///< file
    std::optional<WatchedFile> watched_;
    std::optional<Statistics::Clock::time_point> interrupted_at_;
    std::unique_ptr<stream::Publisher> publisher_;
    std::unique_ptr<receiver::Receiver> receiver_; ///< ends before what it publishes to
};

} // namespace prunedamr::rx
