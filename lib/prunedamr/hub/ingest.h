// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/hub/store.h"
#include "prunedamr/receiver/outputs/peer.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace prunedamr::hub {

/// Where receivers are reached: a broker, or a ZeroMQ socket.
class Link
{
public:
    virtual ~Link() = default;

    /// A message that may be lost. `topic`: stored, update or return. Any thread.
    virtual void send(const std::string& receiver, const std::string& topic, const std::string& payload) = 0;
    virtual bool is_connected() const = 0; ///< any thread
    virtual const std::string& name() const = 0;
};

struct IngestCounts {
    std::uint64_t messages = 0, refused = 0; ///< refused: no message of ours
    std::uint64_t labels = 0, dropped = 0;   ///< read; and given up for want of room, to come again
    std::uint64_t stored = 0, batches = 0;   ///< committed
    std::uint64_t queued_bytes = 0;
    bool has_database = false;
    std::string fault; ///< why there is no database, or what of it failed; empty: all is well
};

/// From messages to the database: what came is read, waits in a bounded queue and is committed in batches; only then is it
/// acknowledged. While the database is away it is tried again and again, and what no longer fits is dropped: its receiver
/// sends it again.
class Ingest
{
public:
    using Open = std::function<std::unique_ptr<Database>()>; ///< throws `DatabaseAway` or `Error`

    /// `open`: a database with the newest tables.
    Ingest(Open open, std::string database_name, receiver::NoticeHandler notice);
    ~Ingest();

    void start(); ///< the thread that calls `write`
    void stop();  ///< writes what is there, for two seconds at most

    /// A message of a receiver, `name` as it travels. Reads it on the caller's thread; never waits, never throws. Any thread.
    /// `is_retained`: a broker has kept it, from whenever it was.
    void take(Link& from, std::string_view name, std::string_view topic, const std::string& payload, bool is_retained = false);

    /// One batch, if there is any. False: the database is away. By the thread, or by tests that have none.
    bool write(std::int64_t now_us);

    IngestCounts counts() const; ///< any thread
    std::chrono::steady_clock::time_point last_turn() const { return last_turn_; } ///< of the thread; any thread

    static constexpr std::size_t kMaxQueuedBytes = 64u << 20;

private:
    struct Item {
        Received received;
        Link* from = nullptr;
        std::size_t bytes = 0;
    };

    void run();
    std::size_t fetch();
    bool write_singly(std::int64_t now_us);
    void acknowledge();
    void lose_database(const Error& error);
    void tell_once(bool& told, const std::string& text);

    const Open open_;
    const receiver::NoticeHandler notice_;
    receiver::PeerState state_; ///< of the database
    const std::string database_name_;

    mutable std::mutex mutex_; ///< of these
    std::condition_variable changed_;
    std::deque<Item> queue_;
    std::size_t queued_bytes_ = 0;
    bool stopping_ = false;
    std::string fault_;
    bool is_refusal_told_ = false, is_drop_told_ = false;

    std::unique_ptr<Database> database_; ///< these are the writer's
    std::unique_ptr<Store> store_;
    std::vector<Item> batch_; ///< not yet committed
    bool is_away_told_ = false, is_poison_told_ = false;

    std::atomic<std::uint64_t> messages_{ 0 }, refused_{ 0 }, labels_{ 0 }, dropped_{ 0 }, stored_{ 0 }, batches_{ 0 };
    std::atomic<bool> has_database_{ false };
    std::atomic<std::chrono::steady_clock::time_point> last_turn_{ std::chrono::steady_clock::now() };
    std::thread thread_;
};

} // namespace prunedamr::hub
