// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/web/emission_log.h"
#include "prunedamr/receiver/web/picture.h"
#include "prunedamr/receiver/web/server.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace prunedamr::receiver {

/// What the page shows, as it changes: draws on a thread of its own, at most 20 times a second, and gives what is new
/// to the clients of a server.
class PageFeed
{
public:
    /// `status`: a JSON object, asked for once a second. Server, picture and log must outlive it.
    PageFeed(WebServer& server, Picture& picture, EmissionLog& log, std::function<std::string()> status);
    ~PageFeed();

    static constexpr double kMaxRateHz = 20.0;

private:
    void run();

    WebServer& server_;
    Picture& picture_;
    EmissionLog& log_;
    const std::function<std::string()> status_;
    std::mutex mutex_;
    std::condition_variable ending_;
    bool is_ending_ = false;
    std::thread thread_;
};

/// The first message that a client gets: {"type": "welcome", "run", "status", "emissions"}.
std::string welcome_text(const Picture& picture, const EmissionLog& log, const std::string& status);

} // namespace prunedamr::receiver
