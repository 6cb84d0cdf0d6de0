// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/hub/link.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/text.h"
#include "prunedamr/base/time.h"
#include "prunedamr/model/model_update.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace prunedamr::receiver::hub {
namespace {

using namespace std::chrono_literals;

constexpr auto kStep = 100ms;
constexpr auto kLabels = 200ms; ///< between two messages of labels that are not full
constexpr auto kHealth = 10s;
constexpr std::size_t kLabelBytes = 256 * 1024; ///< in a message

} // namespace

std::unique_ptr<Transport> make_transport(const LinkConfig& config)
{
    if (config.receiver.empty() || config.receiver.size() > kMaxNameBytes)
        throw InvalidArgument({ "bad name of a receiver", "", config.receiver, "1.." + std::to_string(kMaxNameBytes) + " bytes" });
    if (const auto* mqtt = std::get_if<MqttLink>(&config.transport))
        return make_mqtt_transport(*mqtt, config.receiver, config.on_notice);
    return make_zmq_transport(std::get<ZmqLink>(config.transport), config.receiver, config.on_notice);
}

std::string random_run()
{
    std::random_device device;
    return fmt::format("{:08x}{:08x}", device(), device());
}

ReceiverLink::ReceiverLink(LinkConfig config, std::unique_ptr<Transport> transport, std::string run)
    : config_(std::move(config)), run_(std::move(run)), spool_(config_.spool_bytes), transport_(std::move(transport))
{
}

ReceiverLink::~ReceiverLink()
{
    stopping_.store(true);
    if (thread_.joinable())
        thread_.join();
}

void ReceiverLink::start()
{
    thread_ = std::thread([this] { run_thread(); });
}

/// What goes wrong here, such as no memory, is told once and tried again.
void ReceiverLink::guarded(const std::function<void()>& action)
{
    try {
        action();
    } catch (const std::exception& error) {
        tell_once(error.what());
        std::this_thread::sleep_for(kStep);
    }
}

void ReceiverLink::run_thread()
{
    while (!stopping_.load() && !leaving_.load())
        guarded([this] { step(Clock::now(), kStep); });
    if (!leaving_.load())
        return;
    guarded([this] {
        send_health(Clock::now());
        transport_->leave();
    });
}

void ReceiverLink::tell_once(const std::string& text)
{
    if (!std::exchange(is_fault_told_, true) && config_.on_notice)
        config_.on_notice(transport_->name() + ": " + printable(text) + "; more of the kind are not told");
}

void ReceiverLink::step(Clock::time_point now, std::chrono::milliseconds wait)
{
    transport_->step(wait, [this](Topic topic, const std::string& payload) { receive(topic, payload); });
    const bool is_connected = transport_->is_connected();
    if (transport_->connections() != connections_)
        begin_connection(now);
    {
        const std::lock_guard lock(mutex_);
        is_connected_ = is_connected;
    }
    if (!is_connected)
        return;
    send_outbox();
    send_labels(now);
    if (now >= next_health_)
        send_health(now);
}

/// What was sent before may be lost, and the broker may be another one.
void ReceiverLink::begin_connection(Clock::time_point now)
{
    const std::lock_guard lock(mutex_);
    reconnects_ += connections_ > 0 ? 1 : 0;
    connections_ = transport_->connections();
    spool_.send_all_again();
    is_registered_ = false;
    next_health_ = now;
}

/// A registration is worth more than what follows it.
void ReceiverLink::send_outbox()
{
    std::unique_lock lock(mutex_);
    if (!is_registered_ && !registration_.empty()) {
        const std::string registration = registration_;
        lock.unlock();
        const bool is_sent = transport_->send(Topic::receiver, registration, true);
        lock.lock();
        is_registered_ = is_sent && registration == registration_;
    }
    while (!outbox_.empty()) {
        const Message message = std::move(outbox_.front());
        outbox_.pop_front();
        lock.unlock();
        const bool is_sent = transport_->send(message.topic, message.payload);
        lock.lock();
        if (!is_sent)
            return outbox_.push_front(message);
    }
    changed_.notify_all();
}

void ReceiverLink::send_labels(Clock::time_point now)
{
    std::unique_lock lock(mutex_);
    if (now < next_labels_ && spool_.unsent() < kMaxEvents)
        return;
    next_labels_ = now + kLabels;
    while (true) {
        const auto lines = spool_.take(now, kLabelBytes);
        if (lines.empty())
            return;
        const std::string message = labels_json(run_, lines);
        lock.unlock();
        if (!transport_->send(Topic::labels, message)) // they count as sent, and come again
            return;
        lock.lock();
    }
}

void ReceiverLink::send_health(Clock::time_point now)
{
    Health health;
    health.run = run_;
    health.time_ns = system_time_ns();
    health.status = status_ ? status_() : "{}";
    {
        const std::lock_guard lock(mutex_);
        health.seq = last_seq_;
        health.waiting = spool_.waiting();
        health.lost = spool_.dropped() + spool_.missed();
    }
    if (transport_->send(Topic::health, to_json(health)))
        next_health_ = now + kHealth;
    const std::lock_guard lock(mutex_);
    if (std::holds_alternative<ZmqLink>(config_.transport)) // which retains nothing for another hub
        is_registered_ = false;
}

void ReceiverLink::add(std::uint64_t seq, std::string line)
{
    std::unique_lock lock(mutex_);
    if (config_.is_lossless && !is_stalled_)
        is_stalled_ = !changed_.wait_for(lock, config_.wait, [&] { return spool_.has_room(line.size()) || abandoned_.load(); });
    spool_.add(seq, std::move(line));
    last_seq_ = seq;
}

void ReceiverLink::set_registration(Registration registration)
{
    registration.run = run_;
    std::string text = to_json(registration);
    const std::lock_guard lock(mutex_);
    if (text == registration_)
        return;
    registration_ = std::move(text);
    is_registered_ = false;
}

void ReceiverLink::post(Topic topic, std::string payload)
{
    const std::lock_guard lock(mutex_);
    if (outbox_.size() >= kMaxOutbox) {
        const auto least = std::find_if(outbox_.begin(), outbox_.end(), [](const Message& one) { return one.topic == Topic::snippet; });
        outbox_.erase(least == outbox_.end() ? outbox_.begin() : least);
    }
    outbox_.push_back({ topic, std::move(payload) });
}

void ReceiverLink::send(const Snippet& snippet)
{
    post(Topic::snippet, to_json(snippet));
}

void ReceiverLink::send(const Answer& answer)
{
    post(Topic::answer, to_json(answer));
}

/// Whatever a hub, or who may write in its place, says: it changes nothing unless it is exactly a message.
void ReceiverLink::receive(Topic topic, const std::string& payload)
{
    try {
        if (topic == Topic::stored)
            acknowledge(payload);
        else if (topic == Topic::update && payload.size() <= model::kMaxUpdateBytes)
            request(payload);
        else if (topic == Topic::go_back)
            request(Return{ read_return(payload, "return") });
    } catch (const Error& error) {
        tell_once("a message is ignored: " + std::string(error.what()));
    }
}

void ReceiverLink::acknowledge(const std::string& payload)
{
    const Stored stored = read_stored(payload, "stored");
    if (stored.run != run_) // of the process before this one
        return;
    const std::lock_guard lock(mutex_);
    spool_.acknowledge(stored.ranges);
    is_stalled_ = false;
    changed_.notify_all();
}

void ReceiverLink::request(Request request)
{
    const std::lock_guard lock(mutex_);
    if (requests_.size() < kMaxRequests)
        requests_.push_back(std::move(request));
}

std::optional<ReceiverLink::Request> ReceiverLink::take_request()
{
    const std::lock_guard lock(mutex_);
    if (requests_.empty())
        return std::nullopt;
    Request next = std::move(requests_.front());
    requests_.pop_front();
    return next;
}

void ReceiverLink::finish()
{
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, config_.wait, [this] { return (spool_.waiting() == 0 && outbox_.empty()) || abandoned_.load(); });
    }
    leaving_.store(true);
    if (thread_.joinable())
        thread_.join();
}

void ReceiverLink::abandon() noexcept
{
    {
        const std::lock_guard lock(mutex_); // else who is about to wait would miss it
        abandoned_.store(true);
    }
    changed_.notify_all();
}

std::uint64_t ReceiverLink::dropped() const noexcept
{
    const std::lock_guard lock(mutex_);
    return spool_.dropped();
}

LinkStatus ReceiverLink::status() const
{
    const std::lock_guard lock(mutex_);
    return { transport_->name(), is_connected_, spool_.acknowledged(), spool_.waiting(), spool_.dropped() + spool_.missed(), reconnects_ };
}

} // namespace prunedamr::receiver::hub
