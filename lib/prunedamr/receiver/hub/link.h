// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/hub/spool.h"
#include "prunedamr/receiver/hub/transport.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

namespace prunedamr::receiver::hub {

struct LinkConfig {
    std::string receiver = "rx0";              ///< its name
    std::variant<MqttLink, ZmqLink> transport; ///< to its hubs
    std::size_t spool_bytes = 8'000'000;
    std::chrono::milliseconds wait{ 10'000 }; ///< for acknowledgements, at the end of a run
    /// Of a recording: events wait for room in the spool as long as a hub answers, and `wait` after it has ceased to.
    bool is_lossless = false;
    NoticeHandler on_notice; ///< on the link's thread
};

std::unique_ptr<Transport> make_transport(const LinkConfig& config); ///< throws as those of transport.h do
std::string random_run(); ///< 16 hexadecimal digits

struct LinkStatus {
    std::string name; ///< of the hub, for persons
    bool is_connected = false;
    std::uint64_t acknowledged = 0, waiting = 0, lost = 0, reconnects = 0;
};

/// A receiver's side of the hub: events are spooled and sent until a hub has them; registration, health, snippets and answers go
/// there, updates come from there. Nothing that comes from outside can stop it. Functions may be called on any thread but the
/// sample path, and none waits, but for `add` where nothing may be lost, and `finish`.
class ReceiverLink
{
public:
    using Clock = Spool::Clock;

    ReceiverLink(LinkConfig config, std::unique_ptr<Transport> transport, std::string run);
    ~ReceiverLink();

    /// JSON of the receiver's state for its health; on the link's thread. Before `start`.
    void set_status(std::function<std::string()> status) { status_ = std::move(status); }

    void start(); ///< the thread that calls `step`

    /// Now and then, by tests that have no thread: sends what is due, and receives.
    void step(Clock::time_point now, std::chrono::milliseconds wait);

    void add(std::uint64_t seq, std::string line); ///< an event, as its JSON line; `seq` rises
    void set_registration(Registration registration); ///< sent when it differs from the one before; its run is the link's
    void send(const Snippet& snippet);
    void send(const Answer& answer);

    struct Return {
        std::string update; ///< its hash
    };
    using Request = std::variant<std::string, Return>; ///< an update file's bytes, or a return
    std::optional<Request> take_request(); ///< what a hub wants, the oldest first

    /// Waits until all is acknowledged, for `wait` at most, then leaves. Events that are not acknowledged: `status().waiting`.
    void finish();
    void abandon() noexcept; ///< nobody waits any more

    std::uint64_t dropped() const noexcept; ///< events that fell out of the spool

    const std::string& run() const noexcept { return run_; }
    LinkStatus status() const;

private:
    static constexpr std::size_t kMaxOutbox = 64, kMaxRequests = 4;

    struct Message {
        Topic topic;
        std::string payload;
    };

    void run_thread();
    void guarded(const std::function<void()>& action);
    void receive(Topic topic, const std::string& payload);
    void acknowledge(const std::string& payload);
    void request(Request request);
    void post(Topic topic, std::string payload);
    void begin_connection(Clock::time_point now);
    void send_labels(Clock::time_point now);
    void send_health(Clock::time_point now);
    void send_outbox();
    void tell_once(const std::string& text);

    const LinkConfig config_;
    const std::string run_;
    std::function<std::string()> status_;

    mutable std::mutex mutex_; ///< of all down to the condition
    Spool spool_;
    std::optional<std::uint64_t> last_seq_;
    std::string registration_; ///< as it is sent; empty: none yet
    bool is_registered_ = false;
    std::deque<Message> outbox_;
    std::deque<Request> requests_;
    bool is_connected_ = false;
    std::uint64_t reconnects_ = 0;
    bool is_stalled_ = false; ///< no event waits for room until a hub answers again
    std::condition_variable changed_;

    // Of the thread
    std::unique_ptr<Transport> transport_;
    std::uint64_t connections_ = 0;
    Clock::time_point next_labels_{}, next_health_{};
    bool is_fault_told_ = false;

    std::atomic<bool> stopping_{ false }, abandoned_{ false }, leaving_{ false };
    std::thread thread_;
};

} // namespace prunedamr::receiver::hub
