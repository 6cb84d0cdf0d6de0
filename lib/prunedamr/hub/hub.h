// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/signature.h"
#include "prunedamr/hub/links.h"
#include "prunedamr/receiver/web/server.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace prunedamr::hub {

class Api;

struct HubConfig {
    std::string database = "hub.db"; ///< `open_database`
    std::vector<BrokerLink> brokers;
    std::vector<SocketLink> sockets;
    std::string name;                      ///< as no other hub of this database has it
    std::int64_t keep_us = 0;              ///< older labels are removed; 0: none
    std::optional<receiver::WebConfig> web;
    std::vector<PublicKey> update_keys;    ///< whose updates are kept; empty: everybody's
    receiver::NoticeHandler notice;        ///< any thread
};

/// All of it at work: links, database, roll-outs, page. Receivers that are reached in several ways are told by the one that they
/// were last heard on.
class Hub
{
public:
    /// Throws `Error` for what cannot work: a database that a newer hub has made, an address that is taken. A broker or a database
    /// server that is away is no error.
    explicit Hub(const HubConfig& config);
    ~Hub(); ///< what came is written, for two seconds at most

    std::string web_address() const; ///< empty: none

    bool is_alive() const; ///< what is received is being written, or tried to

    void send(const std::string& receiver, const std::string& topic, const std::string& payload);

private:
    void take(Link& from, std::string_view name, std::string_view topic, const std::string& payload, bool is_retained);
    void tend(); ///< the thread of roll-outs and of what is old

    const HubConfig config_;
    const std::shared_ptr<void> lock_; ///< of an SQLite file
    Ingest ingest_;
    std::mutex mutex_; ///< of these two
    std::map<std::string, Link*> last_heard_;
    bool stopping_ = false;
    std::condition_variable changed_;
    std::unique_ptr<Api> api_;
    std::vector<std::unique_ptr<Link>> links_;
    std::thread tender_;
};

} // namespace prunedamr::hub
