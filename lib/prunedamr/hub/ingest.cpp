// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/ingest.h"

#include "prunedamr/base/text.h"
#include "prunedamr/base/time.h"

#include <algorithm>
#include <map>
#include <utility>

namespace prunedamr::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatchBytes = 8u << 20; ///< of messages that are committed together
constexpr auto kGather = 50ms;                ///< so that a commit is worth its while
constexpr auto kStop = 2s;

std::size_t labels_in(const Message& message)
{
    const auto* labels = std::get_if<Labels>(&message);
    return labels ? labels->events.size() : 0;
}

} // namespace

Ingest::Ingest(Open open, std::string database_name, receiver::NoticeHandler notice)
    : open_(std::move(open)), notice_(std::move(notice)), state_(database_name, {}), database_name_(std::move(database_name))
{
}

Ingest::~Ingest()
{
    stop();
}

void Ingest::start()
{
    thread_ = std::thread([this] { run(); });
}

void Ingest::stop()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void Ingest::tell_once(bool& told, const std::string& text)
{
    if (!std::exchange(told, true) && notice_)
        notice_(text);
}

void Ingest::take(Link& from, std::string_view name, std::string_view topic, const std::string& payload, bool is_retained)
{
    ++messages_;
    Item item;
    try {
        const auto receiver = receiver::hub::decoded_name(name);
        if (!receiver)
            throw Error({ "bad name of a receiver", "", "", "" });
        item = { { *receiver, read_message(topic, payload), is_retained }, &from, payload.size() + 256 };
    } catch (const std::exception& error) {
        ++refused_;
        const std::lock_guard lock(mutex_);
        return tell_once(is_refusal_told_, from.name() + ": a message of " + printable(name.substr(0, 60)) +
                                               " is refused, and more may be: " + error.what());
    }
    const std::size_t labels = labels_in(item.received.message);
    labels_ += labels;
    bool is_first = false;
    {
        const std::lock_guard lock(mutex_);
        // What receivers say once has twice the room of what they say until it is acknowledged.
        if (queued_bytes_ + item.bytes > (labels ? kMaxQueuedBytes : 2 * kMaxQueuedBytes)) {
            dropped_ += labels ? labels : 1;
            return tell_once(is_drop_told_, "more comes than is written: receivers keep their labels and send them again");
        }
        queued_bytes_ += item.bytes;
        is_first = queue_.empty();
        queue_.push_back(std::move(item));
    }
    if (is_first)
        changed_.notify_all();
}

/// Messages for the next batch, unless there is one that was not committed. Returns how many there are.
std::size_t Ingest::fetch()
{
    const std::lock_guard lock(mutex_);
    std::size_t bytes = 0;
    while (batch_.empty() ? !queue_.empty() : bytes > 0 && bytes < kBatchBytes && !queue_.empty()) {
        bytes += queue_.front().bytes;
        batch_.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    queued_bytes_ -= bytes;
    return batch_.size();
}

bool Ingest::write(std::int64_t now_us)
{
    try {
        if (!database_) {
            if (!state_.is_due())
                return false;
            database_ = open_();
            store_ = std::make_unique<Store>(*database_);
            state_.succeeded();
            {
                const std::lock_guard lock(mutex_);
                has_database_ = true;
                fault_.clear();
            }
            if (std::exchange(is_away_told_, false) && notice_)
                notice_(database_name_ + ": there again");
        }
        if (fetch() == 0)
            return true;
        std::vector<Received> all;
        for (Item& item : batch_)
            all.push_back(std::move(item.received));
        try {
            store_->write(all, now_us);
        } catch (...) {
            for (std::size_t i = 0; i < all.size(); ++i)
                batch_[i].received = std::move(all[i]);
            throw;
        }
        for (std::size_t i = 0; i < all.size(); ++i)
            batch_[i].received = std::move(all[i]);
        acknowledge();
        return true;
    } catch (const DatabaseAway& error) {
        lose_database(error);
        return false;
    } catch (const Error& error) {
        if (!database_) { // not the database that it should be: somebody may put it right
            lose_database(error);
            return false;
        }
        return write_singly(now_us);
    }
}

/// It is opened again when that is due; what was not committed waits.
void Ingest::lose_database(const Error& error)
{
    database_.reset();
    store_.reset();
    state_.failed(error.what());
    tell_once(is_away_told_, std::string(error.what()) + "; retrying: receivers keep their labels meanwhile");
    const std::lock_guard lock(mutex_);
    has_database_ = false;
    fault_ = error.what();
}

/// Something in the batch is what the database will never take: the rest is written. False: the database is away.
bool Ingest::write_singly(std::int64_t now_us)
{
    std::vector<Item> all = std::exchange(batch_, {});
    while (!all.empty()) {
        try {
            store_->write({ all.front().received }, now_us);
            batch_.push_back(std::move(all.front()));
            acknowledge();
        } catch (const DatabaseAway& error) {
            batch_ = std::move(all);
            lose_database(error);
            return false;
        } catch (const Error& error) {
            ++refused_;
            tell_once(is_poison_told_, all.front().received.receiver + ": a message is left out, and more may be: " + error.what());
        }
        all.erase(all.begin());
    }
    return true;
}

void Ingest::acknowledge()
{
    std::map<std::pair<Link*, std::pair<std::string, std::string>>, std::vector<std::uint64_t>> seqs;
    for (const Item& item : batch_)
        if (const auto* labels = std::get_if<Labels>(&item.received.message))
            for (const Event& event : labels->events)
                seqs[{ item.from, { item.received.receiver, labels->run } }].push_back(event.seq);
    batch_.clear();
    ++batches_;
    for (auto& [key, list] : seqs) {
        std::sort(list.begin(), list.end());
        stored_ += list.size();
        for (const std::string& message : stored_messages(key.second.second, list))
            key.first->send(key.second.first, "stored", message);
    }
}

void Ingest::run()
{
    std::optional<std::chrono::steady_clock::time_point> end;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, 500ms, [this] { return stopping_ || !queue_.empty(); });
            if (!stopping_)
                changed_.wait_for(lock, kGather, [this] { return stopping_ || queued_bytes_ >= kBatchBytes; });
            if (stopping_ && !end)
                end = std::chrono::steady_clock::now() + kStop;
        }
        const bool is_there = write(system_time_ns() / 1000);
        last_turn_ = std::chrono::steady_clock::now();
        const std::lock_guard lock(mutex_);
        if (end && ((queue_.empty() && batch_.empty()) || !is_there || std::chrono::steady_clock::now() > *end))
            return;
    }
}

IngestCounts Ingest::counts() const
{
    const std::lock_guard lock(mutex_);
    IngestCounts counts{ messages_, refused_, labels_, dropped_, stored_, batches_, 0, has_database_, fault_ };
    counts.queued_bytes = queued_bytes_;
    return counts;
}

} // namespace prunedamr::hub
