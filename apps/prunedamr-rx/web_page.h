// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr-rx/options.h"

#include "prunedamr/receiver/receiver.h"
#include "prunedamr/receiver/scan.h"
#include "prunedamr/receiver/web/api.h"
#include "prunedamr/receiver/web/emission_log.h"
#include "prunedamr/receiver/web/page_feed.h"
#include "prunedamr/receiver/web/picture.h"
#include "prunedamr/receiver/web/server.h"
#include "prunedamr/receiver/web/snippet_list.h"
#include "prunedamr/receiver/web/status_board.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace prunedamr::rx {

/// What `--web` serves: the page, /metrics and the API. It outlives the publisher that has its sink, and the receiver
/// that has its taps; the board outlives it.
class WebPage
{
public:
    /// Throws `Error` when it cannot be served.
    WebPage(const Options& options, receiver::StatusBoard& board);

    std::unique_ptr<stream::Sink> sink();
    std::string address() const { return server_.address(); }

    /// What looks on at samples and decisions. Between two receivers, of which the second is about to start.
    receiver::Picture& begin_run(const receiver::SourceInfo& source);

    void set_scan(std::shared_ptr<receiver::ScanSchedule> scan);              ///< that of a radio which scans
    void set_tuned(double center_freq_hz) { log_.set_tuned(center_freq_hz); } ///< now and then

    /// On the classifying thread: the event that was decided on last has this number.
    void name(std::uint64_t seq) noexcept { picture_.name(seq); }

    struct Request {
        std::uint64_t id;
        receiver::Change change;
    };
    std::optional<Request> take_request(); ///< what a client wants changed, the oldest first

    /// A snippet, as a client wants it. Throws `Error` for a label that is none.
    void label(const Request& request);

    void reply(std::uint64_t id, const std::string& done);
    void refuse(std::uint64_t id, const std::string& fault, unsigned status = 409);

private:
    static constexpr std::size_t kMaxRequests = 16;

    std::vector<receiver::WebRoute> routes();
    receiver::WebAnswer answer(const receiver::ApiRoute& route, const receiver::WebRequest& request);
    std::optional<receiver::WebAnswer> ask(const receiver::ApiRoute& route, const receiver::WebRequest& request);

    const Options& options_;
    receiver::StatusBoard& board_;
    receiver::Picture picture_;
    receiver::EmissionLog log_;
    std::mutex mutex_;
    std::deque<Request> requests_; ///< under the mutex
    std::shared_ptr<receiver::ScanSchedule> scan_; ///< the same; null: none
    receiver::SnippetList snippets_;               ///< of the server's thread
    receiver::WebServer server_; ///< ends before what it shows
    receiver::PageFeed feed_;    ///< ends before what it feeds
};

} // namespace prunedamr::rx
