// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/source.h"

#include <gtest/gtest.h>
#include <zmq.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

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

TEST(FileSource, SkippingIsReadingWithoutTheSamples)
{
    const auto path = write_recording();
    const auto read = make_file_source(path, {}), skipped = make_file_source(path, {});
    Samples samples(1000), expected(1000);
    for (const std::size_t count : { 0, 30, 70, 100, 40, 60, 1 }) {
        const Reading one = read->read(expected.data(), count, milliseconds(0)), other = skipped->skip(count);
        EXPECT_EQ(other.count, one.count);
        EXPECT_EQ(other.center_freq_hz, one.center_freq_hz);
        ASSERT_EQ(other.time.has_value(), one.time.has_value());
        EXPECT_EQ(other.time.value_or(SourceTime{}).time_ns, one.time.value_or(SourceTime{}).time_ns);
    }
    EXPECT_TRUE(skipped->read(samples.data(), 1, milliseconds(0)).ended);
    const auto part = make_file_source(path, {});
    EXPECT_EQ(part->skip(250).count, 100u); // to the next capture
    EXPECT_EQ(part->skip(150).count, 100u);
    EXPECT_EQ(part->skip(50).count, 50u);
    EXPECT_EQ(part->read(samples.data(), samples.size(), milliseconds(0)).count, 50u);
    EXPECT_FLOAT_EQ(samples[0].real(), 0.25f);
}

TEST(FileSource, AStartFarBehindIsReachedAtOnce)
{
    const auto path = std::filesystem::path(testing::TempDir()) / ("far_" + std::to_string(::getpid()) + ".ci8");
    constexpr std::uint64_t kSamples = std::uint64_t{ 1 } << 34; // which take half a minute to read
    std::ofstream(path).put('\0');
    std::filesystem::resize_file(path, 2 * kSamples); // without any of its blocks
    recording::RawOptions raw;
    raw.sample_rate_hz = 1e6;
    ConditioningConfig config;
    config.start = { static_cast<double>(kSamples - 100), true };
    const auto source = make_conditioned_source(make_file_source(path, raw), config);
    Samples samples(1000);
    const Reading reading = source->read(samples.data(), samples.size(), milliseconds(0));
    EXPECT_EQ(reading.count, 100u);
    ASSERT_TRUE(reading.time);
    EXPECT_EQ(reading.time->time_ns, static_cast<std::int64_t>(kSamples - 100) * 1000);
    std::filesystem::remove(path);
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

TEST(PipeSource, AFifoThatNobodyWritesToIsSilentAndSaysSo)
{
    const auto path = std::filesystem::path(testing::TempDir()) / ("fifo_" + std::to_string(::getpid()));
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const auto source = make_pipe_source(path, ci8(-1));
    std::vector<std::string> notices;
    source->on_notice([&](const std::string& text) { notices.push_back(text); });
    Samples samples(10);
    const auto read = [&](milliseconds wait) { return source->read(samples.data(), samples.size(), wait); };
    for (int i = 0; i < 3; ++i) {
        const Reading reading = read(milliseconds(500));
        EXPECT_EQ(reading.count, 0u);
        EXPECT_FALSE(reading.ended);
    }
    EXPECT_EQ(notices, std::vector<std::string>{ path.string() + ": waiting for samples, nobody has written any yet" });
    std::ofstream(path).write("\1\2\3\4", 4);
    EXPECT_EQ(read(kLong).count, 2u);
    EXPECT_TRUE(read(kLong).ended);
    std::filesystem::remove(path);
}

TEST(PipeSource, WaitsForASlowReaderUnlessItIsLive)
{
    PipeConfig config = ci8(0);
    EXPECT_FALSE(make_pipe_source(config)->info().live);
    config.live = true;
    EXPECT_TRUE(make_pipe_source(config)->info().live);
}
