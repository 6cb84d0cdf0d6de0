// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/page_feed.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>

namespace prunedamr::receiver {
namespace {

WebMessage message(std::string bytes, bool is_row)
{
    return { std::make_shared<const std::string>(std::move(bytes)), is_row, is_row };
}

} // namespace

PageFeed::PageFeed(WebServer& server, Picture& picture, EmissionLog& log, std::function<std::string()> status)
    : server_(server), picture_(picture), log_(log), status_(std::move(status)), thread_([this] { run(); })
{
}

PageFeed::~PageFeed()
{
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    ending_.notify_all();
    thread_.join();
}

void PageFeed::run()
{
    using Clock = std::chrono::steady_clock;
    const auto period = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1.0 / kMaxRateHz));
    auto next = Clock::now(), next_status = next;
    std::unique_lock lock(mutex_);
    while (!ending_.wait_until(lock, next, [this] { return is_ending_; })) {
        next = std::max(next + period, Clock::now());
        picture_.set_watched(server_.listeners() > 0);
        picture_.for_each_decision([this](DecisionPicture one) { log_.add(std::move(one)); });
        if (auto row = picture_.next_row()) {
            log_.set_time(picture_.row_time_ns());
            server_.broadcast(message(std::move(*row), true));
        }
        if (auto update = log_.next_update(server_.listeners() > 0))
            server_.broadcast(message(std::move(*update), false));
        if (server_.listeners() > 0 && Clock::now() >= next_status) {
            next_status = Clock::now() + std::chrono::seconds(1);
            server_.broadcast(message("{\"type\":\"status\",\"status\":" + status_() + "}", false));
        }
    }
}

std::string welcome_text(const Picture& picture, const EmissionLog& log, const std::string& status)
{
    return fmt::format("{{\"type\":\"welcome\",\"run\":{},\"status\":{},\"emissions\":{}}}", picture.run(), status,
                       log.emissions_json());
}

} // namespace prunedamr::receiver
