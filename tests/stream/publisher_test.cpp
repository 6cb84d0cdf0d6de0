// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/sinks.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <unistd.h>

using namespace prunedamr::stream;

namespace {

/// Keeps seq of each line, in a place that outlives it; before that it waits as long as `wait(seq)` does.
class SeqSink : public LineSink
{
public:
    using Wait = std::function<void(std::uint64_t)>;

    explicit SeqSink(std::vector<std::uint64_t>& seqs, Wait wait = {}) : seqs_(seqs), wait_(std::move(wait)) {}
    void write_line(const std::string& line) override
    {
        const auto seq = nlohmann::json::parse(line).at("seq").get<std::uint64_t>();
        if (wait_)
            wait_(seq);
        seqs_.push_back(seq);
    }

private:
    std::vector<std::uint64_t>& seqs_;
    Wait wait_;
};

/// Throws something of its user's in one of its calls.
class ThrowingSink : public Sink
{
public:
    enum class Call { write, flush, finish };
    ThrowingSink(Call call, std::function<void()> raise, int& calls)
        : call_(call), raise_(std::move(raise)), calls_(calls)
    {
    }
    void write(const LabelEvent&) override { act(Call::write); }
    void flush() override { act(Call::flush); }
    void finish() override { act(Call::finish); }

private:
    void act(Call now)
    {
        if (now != call_)
            return;
        ++calls_;
        raise_();
    }

    Call call_;
    std::function<void()> raise_;
    int& calls_;
};

std::vector<std::unique_ptr<Sink>> seq_sink(std::vector<std::uint64_t>& seqs, SeqSink::Wait wait = {})
{
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<SeqSink>(seqs, std::move(wait)));
    return sinks;
}

/// A number that one thread raises and another waits for.
class Progress
{
public:
    void reach(std::uint64_t value)
    {
        const std::lock_guard lock(mutex_);
        value_ = value;
        changed_.notify_all();
    }

    void wait_for(std::uint64_t value)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return value_ >= value; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t value_ = 0;
};

} // namespace

TEST(Publisher, LosslessWritesEverythingInOrderToEverySink)
{
    constexpr std::uint64_t kEvents = 500, kQueued = 4;
    std::vector<std::uint64_t> a, b;
    Progress published;
    {
        auto sinks = seq_sink(a);
        sinks.push_back(std::make_unique<SeqSink>(b, [&](std::uint64_t seq) { // until the queue is more than full
            published.wait_for(std::min(kEvents - 1, seq + kQueued + 1));
        }));
        Publisher publisher(std::move(sinks), true, kQueued);
        LabelEvent event;
        for (event.seq = 0; event.seq < kEvents; ++event.seq) {
            published.reach(event.seq);
            publisher.publish(event);
        }
        EXPECT_EQ(publisher.lost(), 0u);
    }
    ASSERT_EQ(a.size(), 500u);
    for (std::uint64_t i = 0; i < a.size(); ++i)
        ASSERT_EQ(a[i], i);
    EXPECT_EQ(a, b);
}

TEST(Publisher, AStalledSinkKeepsNothingFromTheOthers)
{
    constexpr std::uint64_t kEvents = 2000, kQueued = 4;
    std::vector<std::uint64_t> stalled, flowing;
    std::promise<void> open;
    Progress written;
    auto sinks = seq_sink(stalled, [opened = open.get_future().share()](std::uint64_t) { opened.wait(); });
    sinks.push_back(std::make_unique<SeqSink>(flowing, [&](std::uint64_t seq) { written.reach(seq); }));
    Publisher publisher(std::move(sinks), false, kQueued);
    LabelEvent event;
    for (event.seq = 0; event.seq < kEvents; ++event.seq) {
        publisher.publish(event);
        written.wait_for(event.seq); // would never come if it stood behind the first
    }
    EXPECT_EQ(publisher.lost(1), 0u);
    EXPECT_GE(publisher.lost(0), kEvents - kQueued - 1);
    EXPECT_EQ(publisher.lost(), publisher.lost(0));
    open.set_value();
    publisher.close();
    EXPECT_EQ(flowing.size(), kEvents);
    EXPECT_EQ(stalled.size() + publisher.lost(0), kEvents);
}

TEST(Publisher, SaysWhichSinkFailedAndWhenNobodyIsLeft)
{
    int calls = 0;
    std::vector<std::uint64_t> seqs;
    Progress wrote;
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(make_json_lines_sink("/dev/fd/" + std::to_string(pipe_ends[1])));
    sinks.push_back(std::make_unique<ThrowingSink>(
        ThrowingSink::Call::write, [] { throw std::runtime_error("disk full"); }, calls));
    ::close(pipe_ends[0]);
    Publisher publisher(std::move(sinks), true, 4);
    EXPECT_TRUE(publisher.has_readers());
    LabelEvent event;
    for (; publisher.has_readers(); ++event.seq) // ends once the pipe has no reader and the other has failed
        publisher.publish(event);
    publisher.close();
    EXPECT_FALSE(publisher.fault(0)); // a reader that leaves is no failure
    EXPECT_EQ(publisher.fault(1).value_or(""), "cannot write labels: found disk full");
    EXPECT_EQ(publisher.fault(), publisher.fault(1));
    ::close(pipe_ends[1]);
}

TEST(Publisher, ReopensItsSinksOnTheirThreads)
{
    /// Keeps on which threads it was called.
    struct Reopened : LineSink {
        explicit Reopened(std::promise<std::thread::id>& thread) : thread_(thread) {}
        void write_line(const std::string&) override {}
        void reopen() override { thread_.set_value(std::this_thread::get_id()); }
        std::promise<std::thread::id>& thread_;
    };
    std::promise<std::thread::id> thread;
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<Reopened>(thread));
    Publisher publisher(std::move(sinks), true);
    publisher.reopen(); // without an event behind it
    EXPECT_NE(thread.get_future().get(), std::this_thread::get_id());
}

TEST(Publisher, GivesASinkWhatItsConditionLetsThrough)
{
    std::vector<std::uint64_t> odd, all;
    std::vector<SinkChoice> choices;
    choices.push_back({ std::make_unique<SeqSink>(odd), [](const LabelEvent& event) { return event.seq % 2 == 1; } });
    choices.push_back({ std::make_unique<SeqSink>(all), {} });
    Publisher publisher(std::move(choices), true, 4);
    LabelEvent event;
    for (event.seq = 0; event.seq < 9; ++event.seq)
        publisher.publish(event);
    publisher.close();
    EXPECT_EQ(odd, (std::vector<std::uint64_t>{ 1, 3, 5, 7 }));
    EXPECT_EQ(all.size(), 9u);
    const OutputStats stats = publisher.stats(0);
    EXPECT_EQ(stats.written, 4u);
    EXPECT_EQ(stats.filtered, 5u);
    EXPECT_EQ(stats.lost, 0u);
}

TEST(Publisher, AddsWhatASinkLostToItsCounts)
{
    /// Every third event does not reach its peer.
    struct Lossy : LineSink {
        void write_line(const std::string&) override { ++events; }
        std::uint64_t lost() const noexcept override { return events / 3; }
        std::uint64_t reconnects() const noexcept override { return 2; }
        std::atomic<std::uint64_t> events{ 0 };
    };
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<Lossy>());
    Publisher publisher(std::move(sinks), true, 4);
    for (int i = 0; i < 9; ++i)
        publisher.publish(LabelEvent());
    publisher.close();
    const OutputStats stats = publisher.stats(0);
    EXPECT_EQ(stats.written, 6u);
    EXPECT_EQ(stats.lost, 3u);
    EXPECT_EQ(stats.reconnects, 2u);
    EXPECT_EQ(publisher.lost(), 3u);
}

TEST(Publisher, CallsASinkThatHasNothingToDo)
{
    struct Idle : LineSink {
        explicit Idle(std::promise<void>& called) : called_(called) {}
        void write_line(const std::string&) override {}
        void idle() override
        {
            if (!std::exchange(is_done_, true))
                called_.set_value();
        }
        std::promise<void>& called_;
        bool is_done_ = false;
    };
    std::promise<void> called;
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<Idle>(called));
    Publisher publisher(std::move(sinks), true);
    called.get_future().wait();
}

TEST(Publisher, LossyNeverWaitsAndCountsWhatIsLost)
{
    std::vector<std::uint64_t> written;
    std::uint64_t lost = 0;
    std::promise<void> open;
    {
        Publisher publisher(
            seq_sink(written, [opened = open.get_future().share()](std::uint64_t) { opened.wait(); }), false, 4);
        LabelEvent event;
        for (event.seq = 0; event.seq < 1000; ++event.seq)
            publisher.publish(event); // would never return if it waited
        lost = publisher.lost();
        open.set_value();
    }
    EXPECT_GE(lost, 1000u - 5u); // one is being written, four are queued
    EXPECT_GT(lost, 0u);
    EXPECT_EQ(written.size() + lost, 1000u);
    EXPECT_TRUE(std::is_sorted(written.begin(), written.end()));
}

TEST(Publisher, WhoWaitsForRoomIsLetGoWhenSinksAreAbandoned)
{
    std::vector<std::uint64_t> written;
    std::promise<void> open;
    Progress published;
    Publisher publisher(seq_sink(written, [opened = open.get_future().share()](std::uint64_t) { opened.wait(); }),
                        true, 1);
    const auto all = std::async(std::launch::async, [&] {
        LabelEvent event;
        for (event.seq = 0; event.seq < 100; ++event.seq) {
            published.reach(event.seq);
            publisher.publish(event);
        }
    });
    published.wait_for(2); // the third finds the queue full, or will
    publisher.abandon();
    all.wait();
    EXPECT_GT(publisher.lost(), 0u);
    open.set_value();
    publisher.close();
    EXPECT_EQ(written.size() + publisher.lost(), 100u);
}

TEST(Publisher, EndsAtOnceWithNothingToWriteOrNoSinks)
{
    std::vector<std::uint64_t> written;
    {
        const Publisher publisher(seq_sink(written), true);
    }
    EXPECT_TRUE(written.empty());
    Publisher none(std::vector<SinkChoice>(), true, 1);
    none.publish({});
    none.publish({});
}

TEST(Publisher, AFailingSinkIsReportedAndTheOthersGoOn)
{
    std::vector<std::uint64_t> seqs;
    auto sinks = seq_sink(seqs);
    sinks.push_back(make_json_lines_sink("/dev/full"));
    Publisher publisher(std::move(sinks), true, 4);
    EXPECT_FALSE(publisher.fault());
    LabelEvent event;
    for (event.seq = 0; event.seq < 20; ++event.seq)
        publisher.publish(event);
    publisher.close();
    EXPECT_EQ(seqs.size(), 20u);
    ASSERT_TRUE(publisher.fault());
    EXPECT_EQ(*publisher.fault(), "/dev/full: cannot write labels: found No space left on device");
}

TEST(Publisher, ContainsWhateverASinkThrows)
{
    const std::pair<std::function<void()>, std::string> cases[] = {
        { [] { throw std::bad_alloc(); }, "cannot write labels: found std::bad_alloc" },
        { [] { throw std::logic_error("a user's mistake"); }, "cannot write labels: found a user's mistake" },
        { [] { throw 7; }, "cannot write labels" },
    };
    using Call = ThrowingSink::Call;
    for (const auto& [raise, fault] : cases)
        for (const Call call : { Call::write, Call::flush, Call::finish }) {
            int calls = 0;
            std::vector<std::uint64_t> seqs;
            std::vector<std::unique_ptr<Sink>> sinks;
            sinks.push_back(std::make_unique<ThrowingSink>(call, raise, calls));
            sinks.push_back(std::make_unique<SeqSink>(seqs));
            Publisher publisher(std::move(sinks), true, 4);
            LabelEvent event;
            for (event.seq = 0; event.seq < 20; ++event.seq)
                publisher.publish(event);
            publisher.close();
            EXPECT_EQ(seqs.size(), 20u); // the other sink got them all
            EXPECT_EQ(calls, 1);         // the failed one is left alone
            ASSERT_TRUE(publisher.fault());
            EXPECT_EQ(*publisher.fault(), fault);
        }
}
