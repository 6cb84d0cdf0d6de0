// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/source.h"

#include <gtest/gtest.h>
#include <zmq.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <unistd.h>

using namespace prunedamr;
using namespace prunedamr::receiver;
using std::chrono::milliseconds;
using Samples = std::vector<std::complex<float>>;

namespace {

constexpr milliseconds kLong{ 10'000 };

class Pipe
{
public:
    Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
    ~Pipe()
    {
        close_writer();
        ::close(ends_[0]);
    }
    int reader() const { return ends_[0]; }
    void write(const std::string& bytes)
    {
        EXPECT_EQ(::write(ends_[1], bytes.data(), bytes.size()), ssize_t(bytes.size()));
    }
    void close_writer()
    {
        if (ends_[1] >= 0)
            ::close(ends_[1]);
        ends_[1] = -1;
    }

private:
    int ends_[2];
};

PipeConfig ci8(int descriptor)
{
    PipeConfig config;
    config.format = recording::SampleFormat::ci8;
    config.sample_rate_hz = 1e6;
    config.descriptor = descriptor;
    return config;
}

/// A recording of 300 samples, sample k of the value k / 1000, with captures at 0, 100 and 200.
std::string write_recording()
{
    const auto path = std::filesystem::path(testing::TempDir()) / "receiver_sources.sigmf-meta";
    recording::RecordingInfo info;
    info.format = recording::SampleFormat::cf32_le;
    info.sample_rate_hz = 1000;
    info.captures = { { 0, 1e6, 1'000'000'000 }, { 100, 2e6, std::nullopt }, { 200, std::nullopt, 9'000'000'000 } };
    Samples samples;
    for (int k = 0; k < 300; ++k)
        samples.emplace_back(static_cast<float>(k) / 1000, 0.0f);
    recording::write_sigmf(path, info, samples);
    return path;
}

} // namespace

TEST(FileSource, BringsFrequencyAndTimeOfEachCaptureWithItsFirstSample)
{
    const auto source = make_file_source(write_recording(), {});
    EXPECT_FALSE(source->info().live);
    EXPECT_EQ(source->info().center_freq_hz, 1e6);
    Samples samples(1000);
    const auto read = [&] { return source->read(samples.data(), samples.size(), milliseconds(0)); };
    const Reading first = read(), second = read(), third = read(), end = read();
    EXPECT_EQ(first.count, 100u);
    EXPECT_EQ(first.time->time_ns, 1'000'000'000);
    EXPECT_EQ(first.time->source, stream::TimeSource::file);
    EXPECT_FALSE(first.center_freq_hz);
    EXPECT_EQ(second.count, 100u);
    EXPECT_EQ(second.center_freq_hz, 2e6);
    EXPECT_EQ(third.count, 100u);
    EXPECT_EQ(third.time->time_ns, 9'000'000'000);
    EXPECT_FALSE(third.center_freq_hz);
    EXPECT_FLOAT_EQ(samples[0].real(), 0.2f);
    EXPECT_TRUE(end.ended);
    EXPECT_EQ(end.count, 0u);
}

TEST(FileSource, AFrequencyThatIsGivenHoldsForAllCaptures)
{
    const auto source = make_file_source(write_recording(), {}, 5e6);
    EXPECT_EQ(source->info().center_freq_hz, 5e6);
    Samples samples(1000);
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(source->read(samples.data(), samples.size(), milliseconds(0)).center_freq_hz);
}

TEST(FileSource, CannotBeTuned)
{
    EXPECT_THROW(make_file_source(write_recording(), {})->tune(1e6), Error);
}

TEST(PipeSource, JoinsTheBytesOfASampleThatComesInTwoParts)
{
    Pipe pipe;
    const auto source = make_pipe_source(ci8(pipe.reader()));
    Samples samples(10);
    EXPECT_EQ(source->read(samples.data(), 10, milliseconds(0)).count, 0u);
    pipe.write(std::string("\x40\x20\x10", 3));
    EXPECT_EQ(source->read(samples.data(), 10, kLong).count, 1u);
    EXPECT_EQ(samples[0], std::complex<float>(0.5f, 0.25f));
    pipe.write(std::string("\x08", 1));
    EXPECT_EQ(source->read(samples.data(), 10, kLong).count, 1u);
    EXPECT_EQ(samples[0], std::complex<float>(0.125f, 0.0625f));
    pipe.close_writer();
    EXPECT_TRUE(source->read(samples.data(), 10, kLong).ended);
}

TEST(PipeSource, SaysOnceThatItEndsWithinASample)
{
    Pipe pipe;
    const auto source = make_pipe_source(ci8(pipe.reader()));
    std::vector<std::string> notices;
    source->on_notice([&](const std::string& text) { notices.push_back(text); });
    pipe.write("abc");
    pipe.close_writer();
    Samples samples(10);
    EXPECT_EQ(source->read(samples.data(), 10, kLong).count, 1u);
    EXPECT_TRUE(source->read(samples.data(), 10, kLong).ended);
    EXPECT_TRUE(source->read(samples.data(), 10, kLong).ended);
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices[0].find("the last sample is cut: found 1 of 2 bytes"), std::string::npos) << notices[0];
}

TEST(PipeSource, WaitsForASlowReaderUnlessItIsLive)
{
    PipeConfig config = ci8(0);
    EXPECT_FALSE(make_pipe_source(config)->info().live);
    config.live = true;
    EXPECT_TRUE(make_pipe_source(config)->info().live);
}
