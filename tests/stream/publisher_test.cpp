// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/sinks.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

using namespace prunedamr::stream;

namespace {

/// Keeps seq of each line, in a place that outlives it; may be slow.
class SeqSink : public LineSink
{
public:
    SeqSink(std::vector<std::uint64_t>& seqs, std::chrono::microseconds delay) : seqs_(seqs), delay_(delay) {}
    void write_line(const std::string& line) override
    {
        std::this_thread::sleep_for(delay_);
        seqs_.push_back(nlohmann::json::parse(line).at("seq").get<std::uint64_t>());
    }

private:
    std::vector<std::uint64_t>& seqs_;
    std::chrono::microseconds delay_;
};

std::vector<std::unique_ptr<Sink>> seq_sink(std::vector<std::uint64_t>& seqs, std::chrono::microseconds delay)
{
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<SeqSink>(seqs, delay));
    return sinks;
}

} // namespace

TEST(Publisher, LosslessWritesEverythingInOrderToEverySink)
{
    std::vector<std::uint64_t> a, b;
    {
        auto sinks = seq_sink(a, std::chrono::microseconds(0));
        sinks.push_back(std::make_unique<SeqSink>(b, std::chrono::microseconds(50)));
        Publisher publisher(std::move(sinks), true, 4);
        LabelEvent event;
        for (event.seq = 0; event.seq < 500; ++event.seq)
            publisher.publish(event);
        EXPECT_EQ(publisher.lost(), 0u);
    }
    ASSERT_EQ(a.size(), 500u);
    for (std::uint64_t i = 0; i < a.size(); ++i)
        ASSERT_EQ(a[i], i);
    EXPECT_EQ(a, b);
}

TEST(Publisher, LossyNeverWaitsAndCountsWhatIsLost)
{
    std::vector<std::uint64_t> written;
    std::uint64_t lost = 0;
    {
        Publisher publisher(seq_sink(written, std::chrono::milliseconds(5)), false, 4);
        const auto start = std::chrono::steady_clock::now();
        LabelEvent event;
        for (event.seq = 0; event.seq < 1000; ++event.seq)
            publisher.publish(event);
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1000)); // 5 s if it waited
        lost = publisher.lost();
    }
    EXPECT_GT(lost, 0u);
    EXPECT_EQ(written.size() + lost, 1000u);
    EXPECT_TRUE(std::is_sorted(written.begin(), written.end()));
}

TEST(Publisher, EndsAtOnceWithNothingToWriteOrNoSinks)
{
    std::vector<std::uint64_t> written;
    {
        const Publisher publisher(seq_sink(written, std::chrono::microseconds(0)), true);
    }
    EXPECT_TRUE(written.empty());
    Publisher none({}, true, 1);
    none.publish({});
    none.publish({});
}

TEST(Publisher, AFailingSinkIsReportedAndTheOthersGoOn)
{
    std::vector<std::uint64_t> seqs;
    auto sinks = seq_sink(seqs, std::chrono::microseconds(0));
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
