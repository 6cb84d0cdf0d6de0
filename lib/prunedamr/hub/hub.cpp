// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/hub.h"

#include "prunedamr/base/time.h"
#include "prunedamr/hub/api.h"
#include "prunedamr/hub/rollout.h"
#include "prunedamr/hub/schema.h"
#include "prunedamr/receiver/hub/messages.h"

#include <algorithm>

namespace prunedamr::hub {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 1s;
constexpr auto kPatience = 30s;                           ///< with the database, before somebody starts this hub again
constexpr std::int64_t kTidyUs = 3600 * kSecondUs;        ///< between two searches for what is left over
constexpr int kPieces = 4; ///< of what is old, removed in a tick

/// A file is there or can be made; a server may be away, but not refuse.
void check_database(const HubConfig& config)
try {
    migrate(*open_database(config.database));
} catch (const DatabaseRefuses&) {
    throw;
} catch (const DatabaseAway&) {
    if (!is_postgres(config.database))
        throw;
}

} // namespace

Hub::Hub(const HubConfig& config)
    : config_(config), lock_(is_postgres(config.database) ? nullptr : lock_sqlite(config.database)), ingest_(
                           [this] {
                               auto database = open_database(config_.database);
                               migrate(*database);
                               return database;
                           },
                           without_password(config.database), config.notice)
{
    check_database(config_);
    const Take take = [this](Link& from, std::string_view name, std::string_view topic, const std::string& payload, bool is_retained) {
        this->take(from, name, topic, payload, is_retained);
    };
    if (config_.web)
        api_ = std::make_unique<Api>(
            ApiConfig{ config_.database, *config_.web, config_.update_keys,
                       [this] {
                           ApiState state{ ingest_.counts(), {} };
                           for (const auto& link : links_)
                               state.links.emplace_back(link->name(), link->is_connected());
                           return state;
                       } });
    ingest_.start();
    for (const auto& socket : config_.sockets)
        links_.push_back(make_zmq_link(socket, take, config_.notice));
    for (const auto& broker : config_.brokers)
        links_.push_back(make_mqtt_link(broker, take, config_.notice));
    if (api_)
        api_->start();
    tender_ = std::thread([this] { tend(); });
}

Hub::~Hub()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (tender_.joinable())
        tender_.join();
    api_.reset();
    ingest_.stop(); // and acknowledges, before the links go
    links_.clear();
}

std::string Hub::web_address() const
{
    return api_ ? api_->address() : "";
}

void Hub::take(Link& from, std::string_view name, std::string_view topic, const std::string& payload, bool is_retained)
{
    ingest_.take(from, name, topic, payload, is_retained);
    if (is_retained || config_.sockets.size() + config_.brokers.size() < 2 || (topic != "receiver" && topic != "health"))
        return;
    if (const auto receiver = receiver::hub::decoded_name(name)) {
        const std::lock_guard lock(mutex_);
        last_heard_[*receiver] = &from;
    }
}

bool Hub::is_alive() const
{
    return std::chrono::steady_clock::now() - ingest_.last_turn() < kPatience;
}

void Hub::send(const std::string& receiver, const std::string& topic, const std::string& payload)
{
    Link* link = links_.empty() ? nullptr : links_.back().get();
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = last_heard_.find(receiver); found != last_heard_.end())
            link = found->second;
    }
    if (link)
        link->send(receiver, topic, payload);
}

void Hub::tend()
{
    std::unique_ptr<Database> database;
    std::optional<RolloutDriver> driver;
    std::int64_t tidied_us = 0;
    while (true) {
        try {
            if (!database) {
                database = open_database(config_.database);
                driver.emplace(*database, config_.name, [this](const std::string& receiver, const std::string& topic, const std::string& payload) {
                    send(receiver, topic, payload);
                });
            }
            const std::int64_t now_us = system_time_ns() / 1000;
            driver->step(now_us);
            if (config_.keep_us > 0) {
                Store store(*database);
                for (int piece = 0; piece < kPieces && store.remove_old(now_us - config_.keep_us); ++piece) {
                }
                if (now_us - tidied_us > kTidyUs) {
                    store.remove_unused(now_us - config_.keep_us);
                    tidied_us = now_us;
                }
            }
        } catch (const Error&) { // the writer says when the database is away
            driver.reset();
            database.reset();
        }
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, kTick, [this] { return stopping_; }))
            return;
    }
}

} // namespace prunedamr::hub
