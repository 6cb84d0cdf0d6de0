// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/receiver.h"
#include "prunedamr/stream/signal_classifier.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/wideband_scanner.h"
#include "tests/receiver/hand_source.h"
#include "tests/receiver/test_model.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

using namespace prunedamr;
using namespace prunedamr::receiver;
using prunedamr::stream::LabelEvent;
using prunedamr::test::HandSource;
using std::chrono::milliseconds;
using Samples = std::vector<std::complex<float>>;

namespace {

constexpr milliseconds kLong{ 60'000 };
constexpr double kRate = 1e5;
constexpr std::size_t kInterval = 10 * test::kModelBlock;

ReceiverConfig config()
{
    ReceiverConfig result;
    result.model = test::write_model();
    result.interval_s = kInterval / kRate;
    result.min_confidence = 0.0;
    result.single = true;
    return result;
}

Samples some_samples(std::size_t count)
{
    Samples samples(count);
    std::uint32_t state = 1;
    const auto noise = [&] {
        return static_cast<float>((state = 1664525 * state + 1013904223) >> 8) / 0x1p24f - 0.5f;
    };
    for (std::size_t i = 0; i < count; ++i)
        samples[i] = { 0.3f * noise(), (i / 20000 % 2 ? 1.0f : 0.1f) * noise() };
    return samples;
}

std::string write_samples(const Samples& samples)
{
    const auto path =
        std::filesystem::path(testing::TempDir()) / ("receiver_" + std::to_string(::getpid()) + ".cf32");
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(8 * samples.size()));
    return path;
}

std::unique_ptr<Source> file(const std::string& path)
{
    recording::RawOptions raw;
    raw.sample_rate_hz = kRate;
    return make_file_source(path, raw);
}

std::vector<std::string> lines_of(std::unique_ptr<Source> source, const ReceiverConfig& config)
{
    std::vector<std::string> lines;
    Receiver receiver(std::move(source), config, [&](const LabelEvent& e) { lines.push_back(to_json_line(e)); });
    receiver.start();
    EXPECT_TRUE(receiver.wait_for(kLong));
    EXPECT_FALSE(receiver.fault());
    return lines;
}

/// The same classifier, given all samples in one call.
template <class Made> std::vector<std::string> direct_lines(const Samples& samples, const Made& make)
{
    std::vector<std::string> lines;
    const auto classifier = make([&](const LabelEvent& e) { lines.push_back(to_json_line(e)); });
    classifier->set_time(0, 0, stream::TimeSource::file);
    classifier->process(samples.data(), samples.size());
    classifier->flush();
    return lines;
}

stream::ClassifierConfig stream_config()
{
    stream::ClassifierConfig result;
    result.sample_rate_hz = kRate;
    result.interval_s = kInterval / kRate;
    result.min_confidence = 0.0;
    return result;
}

} // namespace

TEST(Receiver, SaysOfAFileWhatItsClassifierSaysOfTheSamples)
{
    const Samples samples = some_samples(123'457);
    const std::string path = write_samples(samples);
    const auto expected = direct_lines(samples, [&](stream::EventHandler handler) {
        return std::make_unique<stream::SignalClassifier>(stream::open_model(config().model), stream_config(), handler);
    });
    EXPECT_GT(expected.size(), 10u);
    EXPECT_EQ(lines_of(file(path), config()), expected);
}

TEST(Receiver, SaysOfAFileWhatItsScannerSaysOfTheSamples)
{
    Samples samples = some_samples(712'345); // several epochs of the detector
    for (std::size_t i = 0; i < samples.size(); ++i) // keyed by every 50th sample's noise
        samples[i] += std::polar(samples[i / 50 * 50].real() > 0.0f ? 1.0f : -1.0f, static_cast<float>(i % 40) * 0.314159265f);
    const std::string path = write_samples(samples);
    const auto expected = direct_lines(samples, [&](stream::EventHandler handler) {
        return std::make_unique<stream::WidebandScanner>(stream::open_model(config().model), stream_config(), handler);
    });
    ReceiverConfig band = config();
    band.single = false;
    EXPECT_GT(expected.size(), 5u);
    for (const std::string& line : expected)
        EXPECT_EQ(line.find("\"state\":\"noise\""), std::string::npos) << line;
    EXPECT_EQ(lines_of(file(path), band), expected);
}

TEST(Receiver, LosesNothingOfASourceThatCanWaitWhenEventsAreTakenSlowly)
{
    auto owned = std::make_unique<HandSource>(kRate, false);
    owned->give(40 * kInterval);
    owned->end();
    std::promise<void> go;
    std::vector<LabelEvent> events;
    Receiver receiver(std::move(owned), config(), [&, wait = go.get_future().share()](const LabelEvent& e) {
        wait.wait();
        events.push_back(e);
    });
    receiver.start();
    EXPECT_FALSE(receiver.wait_for(milliseconds(0)));
    go.set_value();
    ASSERT_TRUE(receiver.wait_for(kLong));
    ASSERT_EQ(events.size(), 40u);
    EXPECT_EQ(events.back().sample_start, 39 * kInterval);
    EXPECT_EQ(receiver.stats().classifier.samples, 40 * kInterval);
    EXPECT_EQ(receiver.stats().dropped_samples, 0u);
}

TEST(Receiver, DropsWhatALiveSourceBringsWhileNothingIsTaken)
{
    auto owned = std::make_unique<HandSource>(kRate, true);
    HandSource& source = *owned;
    std::promise<void> go, first_taken;
    std::vector<LabelEvent> events;
    Receiver receiver(std::move(owned), config(), [&, wait = go.get_future().share()](const LabelEvent& e) {
        if (events.empty())
            first_taken.set_value();
        wait.wait();
        events.push_back(e);
    });
    receiver.start();
    source.give(kInterval);
    first_taken.get_future().wait(); // the classifying thread is held in the handler
    constexpr std::size_t kTooMuch = 10'000'000;
    source.give(kTooMuch);
    source.wait_until_read();
    go.set_value();
    source.end();
    ASSERT_TRUE(receiver.wait_for(kLong));
    const ReceiverStats stats = receiver.stats();
    EXPECT_EQ(stats.overflows, 1u);
    EXPECT_GT(stats.dropped_samples, 5'000'000u);
    EXPECT_EQ(stats.classifier.samples + stats.dropped_samples, kInterval + kTooMuch);
    EXPECT_EQ(events.front().overflows, 0u);
    EXPECT_EQ(events.back().overflows, 1u);
}

TEST(Receiver, ChangesItsModelWhileSamplesFlow)
{
    auto owned = std::make_unique<HandSource>(kRate, false);
    HandSource& source = *owned;
    std::vector<std::string> models;
    Receiver receiver(std::move(owned), config(),
                      [&](const LabelEvent& e) { models.emplace_back(e.model.view()); });
    receiver.start();
    EXPECT_FALSE(receiver.revert_model());
    source.give(kInterval);
    source.wait_until_read();
    while (receiver.stats().classifier.events < 1)
        std::this_thread::yield();
    EXPECT_THROW(receiver.set_model("/nowhere.safetensors"), Error);
    receiver.set_model(test::write_model("other"));
    source.give(kInterval);
    while (receiver.stats().classifier.events < 2)
        std::this_thread::yield();
    EXPECT_TRUE(receiver.revert_model());
    source.give(kInterval);
    source.end();
    ASSERT_TRUE(receiver.wait_for(kLong));
    EXPECT_EQ(models, (std::vector<std::string>{ "first", "other", "first" }));
}

TEST(Receiver, StopsWhileItsSourceIsSilent)
{
    std::size_t events = 0;
    auto owned = std::make_unique<HandSource>(kRate, false);
    HandSource& source = *owned;
    Receiver receiver(std::move(owned), config(), [&](const LabelEvent&) { ++events; });
    receiver.start();
    source.give(kInterval + kInterval / 2);
    source.wait_until_read();
    receiver.stop();
    ASSERT_TRUE(receiver.wait_for(kLong));
    EXPECT_EQ(events, 2u); // what was read before is decided on
}

TEST(Receiver, LeavesASourceBehindThatDoesNotComeBack)
{
    /// Is there for as long as somebody uses it, and tells when nobody does any more.
    class Counted : public HandSource
    {
    public:
        explicit Counted(std::promise<void>& gone) : HandSource(kRate, true), gone_(gone) {}
        ~Counted() override { gone_.set_value(); }

    private:
        std::promise<void>& gone_;
    };
    std::promise<void> gone;
    auto owned = std::make_unique<Counted>(gone);
    HandSource& source = *owned;
    std::vector<std::uint64_t> counts;
    {
        Receiver receiver(std::move(owned), config(), [&](const LabelEvent& e) { counts.push_back(e.sample_count); });
        receiver.start();
        source.give(kInterval);
        source.wait_until_read();
        source.hold();
        source.wait_until_held();
        EXPECT_TRUE(receiver.abandon("it is stuck"));
        ASSERT_TRUE(receiver.wait_for(kLong));
        EXPECT_EQ(receiver.fault(), "it is stuck");
    }
    EXPECT_EQ(counts, std::vector<std::uint64_t>{ kInterval }); // what was read before is decided on
    source.let_go();
    EXPECT_EQ(gone.get_future().wait_for(kLong), std::future_status::ready);
}

TEST(Receiver, RefusesAConfigurationOutOfRange)
{
    const auto refused = [](const ReceiverConfig& bad) {
        EXPECT_THROW(Receiver(std::make_unique<HandSource>(kRate, false), bad, [](const LabelEvent&) {}), Error);
    };
    ReceiverConfig bad = config();
    bad.name = "";
    refused(bad);
    bad = config();
    bad.interval_s = -1;
    refused(bad);
    bad = config();
    bad.model = "/nowhere.safetensors";
    refused(bad);
}

namespace {

/// What it was given, put together.
struct Seen : SampleTap {
    void take(const Tapped& tapped) noexcept override
    {
        is_whole = is_whole && tapped.first_sample == samples.size();
        samples.insert(samples.end(), tapped.samples, tapped.samples + tapped.count);
        last = tapped;
    }
    Samples samples;
    bool is_whole = true;
    Tapped last{};
};

} // namespace

TEST(Receiver, ATapSeesAllSamplesUnderTheirNumbers)
{
    const Samples samples = some_samples(3 * kInterval + 5);
    Seen seen;
    ReceiverConfig wanted = config();
    wanted.samples = { &seen };
    EXPECT_FALSE(lines_of(file(write_samples(samples)), wanted).empty());
    EXPECT_TRUE(seen.is_whole);
    EXPECT_EQ(seen.samples, samples);
    EXPECT_EQ(seen.last.time_ns, std::llround(1e9 * static_cast<double>(seen.last.first_sample) / kRate));
}

TEST(Receiver, TheThresholdIsChangedWhileItRuns)
{
    auto owned = std::make_unique<HandSource>(kRate, false);
    HandSource& source = *owned;
    std::atomic<int> unknown{ 0 }, all{ 0 };
    ReceiverConfig wanted = config();
    wanted.measure = false;
    Receiver receiver(std::move(owned), wanted, [&](const LabelEvent& e) {
        unknown += e.state == stream::State::unknown ? 1 : 0;
        ++all;
    });
    receiver.start();
    source.give(3 * kInterval);
    source.wait_until_read();
    while (all < 3)
        std::this_thread::yield();
    EXPECT_EQ(unknown, 0);
    receiver.set_min_confidence(1.0);
    source.give(3 * kInterval);
    source.end();
    EXPECT_TRUE(receiver.wait_for(kLong));
    EXPECT_GT(unknown, 0);
}
