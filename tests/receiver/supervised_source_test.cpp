// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/source.h"

#include <gtest/gtest.h>

#include <deque>

using namespace prunedamr;
using namespace prunedamr::receiver;
using std::chrono::milliseconds;

namespace {

/// What the reads of a radio bring, one after the other; they take their time.
struct Radio {
    enum class Read { samples, nothing, failure };

    milliseconds now{ 0 };
    bool plugged = true;
    std::deque<Read> reads; ///< then: nothing
    std::vector<double> opened_at_hz;
    std::vector<milliseconds> tries;
    double rate_hz = 1e6;

    SupervisorConfig config()
    {
        SupervisorConfig result;
        result.open = [this](double center_freq_hz) { return open(center_freq_hz); };
        result.center_freq_hz = 100e6;
        result.clock = { [this] { return now; }, [this](milliseconds time) { now += time; } };
        return result;
    }

    std::unique_ptr<Source> open(double center_freq_hz);
};

class RadioSource : public Source
{
public:
    RadioSource(Radio& radio, double center_freq_hz) : radio_(radio)
    {
        info_.name = "radio";
        info_.sample_rate_hz = radio.rate_hz;
        info_.center_freq_hz = center_freq_hz;
        info_.live = true;
    }
    const SourceInfo& info() const override { return info_; }
    Reading read(std::complex<float>*, std::size_t count, milliseconds wait) override
    {
        Reading reading;
        const Radio::Read next = radio_.reads.empty() ? Radio::Read::nothing : radio_.reads.front();
        if (!radio_.reads.empty())
            radio_.reads.pop_front();
        if (next == Radio::Read::failure)
            throw Error{ { "the radio failed", "radio", "unplugged", "" } };
        if (next == Radio::Read::samples)
            reading.count = count;
        else
            radio_.now += wait;
        return reading;
    }
    void tune(double center_freq_hz) override { info_.center_freq_hz = center_freq_hz; }

private:
    Radio& radio_;
    SourceInfo info_;
};

std::unique_ptr<Source> Radio::open(double center_freq_hz)
{
    tries.push_back(now);
    if (!plugged)
        throw Error{ { "no such radio", "radio", "", "" } };
    opened_at_hz.push_back(center_freq_hz);
    return std::make_unique<RadioSource>(*this, center_freq_hz);
}

class SupervisedSource : public testing::Test
{
protected:
    void open(SupervisorConfig config)
    {
        source = make_supervised_source(std::move(config));
        source->on_notice([this](const std::string& text) { notices.push_back(text); });
    }

    Reading read() { return source->read(samples, 10, milliseconds(100)); }

    /// The first reading with samples.
    Reading read_samples()
    {
        for (int i = 0; i < 10'000; ++i)
            if (const Reading reading = read(); reading.count > 0)
                return reading;
        ADD_FAILURE() << "no samples";
        return {};
    }

    Radio radio;
    std::unique_ptr<Source> source;
    std::complex<float> samples[10];
    std::vector<std::string> notices;
};

using Read = Radio::Read;

} // namespace

TEST_F(SupervisedSource, IsOpenedAgainWhenItFails)
{
    open(radio.config());
    radio.reads = { Read::samples, Read::failure, Read::samples, Read::samples };
    EXPECT_FALSE(read_samples().restarted);
    const Reading first = read_samples();
    EXPECT_TRUE(first.restarted);
    EXPECT_EQ(first.overflows, 1u);
    EXPECT_EQ(radio.tries, (std::vector<milliseconds>{ milliseconds(0), milliseconds(500) }));
    const Reading next = read_samples();
    EXPECT_FALSE(next.restarted);
    EXPECT_EQ(next.overflows, 0u);
    EXPECT_EQ(notices, (std::vector<std::string>{ "radio: the radio failed: found unplugged; opening it again",
                                                  "radio: samples come, after 0.5 s" }));
}

TEST_F(SupervisedSource, BacksOffWhileItIsGoneAndComesBackTunedAsItWas)
{
    open(radio.config());
    radio.reads = { Read::samples };
    read_samples();
    source->tune(433e6);
    radio.reads = { Read::failure };
    radio.plugged = false;
    while (radio.tries.size() < 9)
        EXPECT_EQ(read().count, 0u);
    EXPECT_THROW(source->tune(5e6), Error); // there is nothing to be tuned
    std::vector<milliseconds::rep> pauses;
    for (std::size_t i = 1; i < radio.tries.size(); ++i)
        pauses.push_back((radio.tries[i] - radio.tries[i - 1]).count());
    EXPECT_EQ(pauses, (std::vector<milliseconds::rep>{ 500, 1000, 2000, 4000, 8000, 10000, 10000, 10000 }));
    EXPECT_EQ(notices.size(), 2u); // its loss, and that it is not there
    radio.plugged = true;
    radio.reads = { Read::samples };
    read_samples();
    EXPECT_EQ(radio.opened_at_hz, (std::vector<double>{ 100e6, 433e6 }));
    EXPECT_EQ(notices.size(), 3u);
    radio.reads = { Read::failure, Read::samples };
    read_samples();
    EXPECT_EQ(radio.tries.back() - radio.tries[radio.tries.size() - 2] >= milliseconds(500), true);
    EXPECT_EQ(notices.size(), 5u);
}

TEST_F(SupervisedSource, NamesSilenceWithinTwoSecondsAndOpensAgain)
{
    open(radio.config());
    radio.reads = { Read::samples };
    read_samples();
    while (notices.empty()) {
        read();
        ASSERT_LE(radio.now, milliseconds(2000));
    }
    EXPECT_EQ(notices, (std::vector<std::string>{ "radio: no samples for 1.5 s; opening it again" }));
    while (radio.tries.size() < 4) // it is silent still
        read();
    EXPECT_EQ(notices.size(), 1u);
    EXPECT_GE(radio.tries[3] - radio.tries[2], radio.tries[2] - radio.tries[1]);
    radio.reads = { Read::samples };
    EXPECT_TRUE(read_samples().restarted);
    EXPECT_EQ(notices.size(), 2u);
}

TEST_F(SupervisedSource, OneThatMendsItselfIsOnlyWatched)
{
    SupervisorConfig config = radio.config();
    config.reopen_when_silent = false;
    open(config);
    for (int i = 0; i < 30; ++i)
        EXPECT_EQ(read().count, 0u);
    EXPECT_EQ(notices.size(), 1u);
    radio.reads = { Read::samples };
    EXPECT_FALSE(read_samples().restarted); // the first ever
    EXPECT_EQ(notices.size(), 2u);
    for (int i = 0; i < 60; ++i)
        read();
    radio.reads = { Read::samples };
    EXPECT_TRUE(read_samples().restarted);
    EXPECT_EQ(notices,
              (std::vector<std::string>{ "radio: no samples for 1.5 s", "radio: samples come, after 3.0 s",
                                         "radio: no samples for 1.5 s", "radio: samples come, after 6.0 s" }));
    EXPECT_EQ(radio.tries.size(), 1u);
}

TEST_F(SupervisedSource, MayEndTheStreamInstead)
{
    SupervisorConfig config = radio.config();
    config.fail_on_loss = true;
    open(config);
    radio.reads = { Read::failure };
    EXPECT_THROW(read(), Error);
    open(config);
    EXPECT_THROW(read_samples(), Error); // silence
    EXPECT_LE(radio.now, milliseconds(2000));
    EXPECT_TRUE(notices.empty());
}

TEST_F(SupervisedSource, TimeBeforeTheFirstReadIsNoSilence)
{
    SupervisorConfig config = radio.config();
    config.fail_on_loss = true;
    open(config);
    radio.now += milliseconds(5000); // a model is loaded meanwhile
    EXPECT_EQ(read().count, 0u);
    EXPECT_THROW(read_samples(), Error);
    EXPECT_GE(radio.now, milliseconds(6500));
}

TEST_F(SupervisedSource, AnotherRateEndsTheStream)
{
    open(radio.config());
    radio.reads = { Read::failure };
    read();
    radio.rate_hz = 2e6;
    EXPECT_THROW(read_samples(), Error);
}

TEST_F(SupervisedSource, WhatCannotBeOpenedAtFirstIsRefused)
{
    radio.plugged = false;
    EXPECT_THROW(open(radio.config()), Error);
}
