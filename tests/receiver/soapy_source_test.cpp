// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/receiver.h"
#include "prunedamr/receiver/source.h"
#include "tests/receiver/fake_soapy/fake_radio.h"
#include "tests/receiver/test_model.h"

#include <SoapySDR/Errors.h>
#include <gtest/gtest.h>

#include <mutex>

using namespace prunedamr;
using namespace prunedamr::receiver;
using prunedamr::stream::TimeSource;
using prunedamr::test::fake_air;
using std::chrono::milliseconds;
using Samples = std::vector<std::complex<float>>;

namespace {

constexpr milliseconds kLong{ 10'000 };
constexpr std::int64_t k2020Ns = 1'577'836'800'000'000'000;

SoapyConfig fake()
{
    SoapyConfig config;
    config.device = "driver=fake";
    config.sample_rate_hz = 1e6;
    config.center_freq_hz = 100e6;
    return config;
}

/// What the refusal says.
std::string refusal(const SoapyConfig& config)
{
    try {
        make_soapy_source(config);
    } catch (const Error& error) {
        return error.what();
    }
    return "no refusal";
}

class SoapySource : public testing::Test
{
protected:
    void SetUp() override { fake_air().reset(); }
    void TearDown() override { fake_air().reset(); }

    Reading read(Source& source, milliseconds wait = kLong)
    {
        return source.read(samples.data(), samples.size(), wait);
    }

    Samples samples = Samples(1000);
};

} // namespace

TEST_F(SoapySource, SetsWhatIsConfigured)
{
    SoapyConfig config = fake();
    config.element_gains = { { "LNA", 16 }, { "VGA", 4 } };
    config.antenna = "AUX";
    config.ppm = -2.5;
    config.bandwidth_hz = 300e3;
    const auto source = make_soapy_source(config);
    const test::FakeSettings set = fake_air().settings();
    EXPECT_EQ(set.rate_hz, 1e6);
    EXPECT_EQ(set.frequency_hz, 100e6);
    EXPECT_EQ(set.element_gains_db, (std::map<std::string, double>{ { "LNA", 16 }, { "VGA", 4 } }));
    EXPECT_FALSE(set.gain_db);
    EXPECT_EQ(set.automatic_gain, false);
    EXPECT_EQ(set.antenna, "AUX");
    EXPECT_EQ(set.ppm, -2.5);
    EXPECT_EQ(set.bandwidth_hz, 300e3);
    EXPECT_TRUE(source->info().live);
    EXPECT_EQ(source->info().center_freq_hz, 100e6);
    EXPECT_TRUE(source->info().warnings.empty());
}

TEST_F(SoapySource, GainIsAutomaticUntilOneIsGiven)
{
    make_soapy_source(fake());
    EXPECT_EQ(fake_air().settings().automatic_gain, true);
    SoapyConfig config = fake();
    config.gain_db = 20;
    make_soapy_source(config);
    EXPECT_EQ(fake_air().settings().automatic_gain, false);
    EXPECT_EQ(fake_air().settings().gain_db, 20.0);
}

TEST_F(SoapySource, StreamsAsLongAsItLives)
{
    {
        const auto source = make_soapy_source(fake());
        EXPECT_TRUE(fake_air().settings().streaming);
    }
    EXPECT_FALSE(fake_air().settings().streaming);
}

TEST_F(SoapySource, RefusalsNameTheDeviceWhatIsWrongAndWhatThereIs)
{
    SoapyConfig config = fake();
    config.device = "driver=nonsense";
    EXPECT_NE(refusal(config).find("soapy:driver=nonsense"), std::string::npos);
    EXPECT_NE(refusal(config).find("driver=fake,serial=1"), std::string::npos) << refusal(config);
    config = fake();
    config.antenna = "DISH";
    EXPECT_EQ(refusal(config), "soapy:driver=fake: has no such antenna: found DISH, expected one of RX, AUX");
    config = fake();
    config.element_gains = { { "MIX", 3 } };
    EXPECT_EQ(refusal(config), "soapy:driver=fake: has no such gain element: found MIX, expected one of LNA, VGA");
    config = fake();
    config.center_freq_hz = 1e5;
    EXPECT_EQ(refusal(config), "soapy:driver=fake: refuses this frequency (PLL not locked): found 100000, expected "
                               "1000000..6000000000");
    config = fake();
    config.sample_rate_hz = 100e6;
    EXPECT_EQ(refusal(config), "soapy:driver=fake: refuses this sample rate (rate too high): found 100000000, "
                               "expected 1000..3000000, 3200000..20000000");
    config = fake();
    config.bandwidth_hz = 1e3;
    EXPECT_NE(refusal(config).find("refuses this bandwidth"), std::string::npos);
}

TEST_F(SoapySource, WarnsOfSettingsThatTheDeviceTookOtherwise)
{
    SoapyConfig config = fake();
    config.sample_rate_hz = 3.1e6;
    config.gain_db = 50;
    const auto source = make_soapy_source(config);
    EXPECT_EQ(source->info().sample_rate_hz, 3e6);
    EXPECT_EQ(source->info().warnings,
              (std::vector<std::string>{ "soapy:driver=fake: the sample rate is 3000000 Hz, not 3100000",
                                         "soapy:driver=fake: the gain is 40 dB, not 50" }));
}

TEST_F(SoapySource, GivesSamplesWithTheDevicesTime)
{
    const auto source = make_soapy_source(fake());
    fake_air().give(Samples(1500, { 0.5f, -0.5f }), k2020Ns);
    const Reading first = read(*source), second = read(*source);
    EXPECT_EQ(first.count, 1000u);
    EXPECT_EQ(samples[999], std::complex<float>(0.5f, -0.5f));
    EXPECT_EQ(first.time->time_ns, k2020Ns);
    EXPECT_EQ(first.time->source, TimeSource::hw);
    EXPECT_EQ(second.count, 500u);
    EXPECT_EQ(second.time->time_ns, k2020Ns + 1'000'000);
    fake_air().give(Samples(10));
    EXPECT_FALSE(read(*source).time);
}

TEST_F(SoapySource, ATimeThatCountsFromPowerOnIsAnchoredOnce)
{
    const auto source = make_soapy_source(fake());
    fake_air().give(Samples(10), 5'000'000'000);
    fake_air().give(Samples(10), 9'000'000'000);
    const Reading first = read(*source), second = read(*source);
    EXPECT_EQ(first.time->source, TimeSource::system);
    EXPECT_GT(first.time->time_ns, k2020Ns);
    EXPECT_EQ(second.time->time_ns - first.time->time_ns, 4'000'000'000);
}

TEST_F(SoapySource, ReportsOverflowsAndWaitsThroughTimeouts)
{
    const auto source = make_soapy_source(fake());
    fake_air().report(SOAPY_SDR_OVERFLOW);
    fake_air().report(SOAPY_SDR_TIMEOUT);
    fake_air().give(Samples(10));
    EXPECT_EQ(read(*source).overflows, 1u);
    const Reading timeout = read(*source);
    EXPECT_EQ(timeout.count, 0u);
    EXPECT_FALSE(timeout.ended);
    EXPECT_EQ(read(*source).count, 10u);
    EXPECT_EQ(read(*source, milliseconds(0)).count, 0u); // stalled
}

TEST_F(SoapySource, ADeviceThatIsUnpluggedIsAnErrorByCodeOrException)
{
    for (const bool throws : { false, true }) {
        fake_air().reset();
        const auto source = make_soapy_source(fake());
        throws ? fake_air().unplug("usb transfer failed") : fake_air().report(SOAPY_SDR_STREAM_ERROR);
        try {
            read(*source);
            ADD_FAILURE() << "no error";
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()), std::string("soapy:driver=fake: the radio failed: found ") +
                                                     (throws ? "usb transfer failed" : "STREAM_ERROR"));
        }
    }
}

TEST_F(SoapySource, TunesWhileItStreams)
{
    const auto source = make_soapy_source(fake());
    source->tune(433.92e6);
    EXPECT_EQ(fake_air().settings().frequency_hz, 433.92e6);
    EXPECT_EQ(source->info().center_freq_hz, 433.92e6);
    EXPECT_THROW(source->tune(1.0), Error);
    EXPECT_EQ(source->info().center_freq_hz, 433.92e6);
}

TEST_F(SoapySource, ItsGainIsSetWhileItStreams)
{
    const auto source = make_soapy_source(fake());
    EXPECT_TRUE(source->info().can_tune && source->info().can_set_gain);
    EXPECT_EQ(source->info().gain_elements, (std::vector<std::string>{ "LNA", "VGA" }));
    source->set_gain({ 12.0, "" });
    EXPECT_EQ(fake_air().settings().gain_db, 12.0);
    EXPECT_EQ(fake_air().settings().automatic_gain, false);
    source->set_gain({ 20.0, "LNA" });
    EXPECT_EQ(fake_air().settings().element_gains_db.at("LNA"), 20.0);
    source->set_gain({});
    EXPECT_EQ(fake_air().settings().automatic_gain, true);
    EXPECT_THROW(source->set_gain({ 41.0, "" }), Error);
    EXPECT_THROW(source->set_gain({ 20.0, "VGA" }), Error);
    EXPECT_THROW(source->set_gain({ 1.0, "MIX" }), Error);
    EXPECT_EQ(fake_air().settings().gain_db, 12.0);
}

/// Time passes where nothing is waited for.
class SupervisedRadio : public SoapySource
{
protected:
    SupervisedRadio()
    {
        SupervisorConfig config;
        config.open = [](double center_freq_hz) {
            SoapyConfig radio = fake();
            radio.center_freq_hz = center_freq_hz;
            return make_soapy_source(radio);
        };
        config.center_freq_hz = 100e6;
        config.clock = { [this] { return now; }, [this](milliseconds time) { now += time; } };
        fake_air().reset();
        radio = make_supervised_source(config);
        radio->on_notice([this](const std::string& text) { notices.push_back(text); });
    }

    /// Reads that find nothing, for as long.
    void pass(milliseconds time)
    {
        for (const milliseconds end = now + time; now < end; now += milliseconds(100))
            EXPECT_EQ(read(*radio, milliseconds(0)).count, 0u);
    }

    milliseconds now{ 0 };
    std::unique_ptr<Source> radio;
    std::vector<std::string> notices;
};

TEST_F(SupervisedRadio, UnpluggedAndPluggedInAgainItGoesOnTunedAsItWas)
{
    fake_air().give(Samples(10));
    EXPECT_EQ(read(*radio).count, 10u);
    radio->tune(433.92e6);
    radio->set_gain({ 12.0, "" });
    radio->set_gain({ 3.0, "VGA" });
    fake_air().unplug("usb transfer failed");
    fake_air().set_plugged(false);
    pass(milliseconds(20'000));
    ASSERT_EQ(notices.size(), 2u);
    EXPECT_EQ(notices[0], "soapy:driver=fake: the radio failed: found usb transfer failed; opening it again");
    EXPECT_NE(notices[1].find("no device is plugged in"), std::string::npos) << notices[1];
    EXPECT_FALSE(fake_air().settings().streaming);
    fake_air().set_plugged(true);
    pass(milliseconds(10'000));
    fake_air().give(Samples(10));
    const Reading first = read(*radio);
    EXPECT_EQ(first.count, 10u);
    EXPECT_TRUE(first.restarted);
    EXPECT_EQ(first.overflows, 1u);
    EXPECT_EQ(fake_air().settings().frequency_hz, 433.92e6);
    EXPECT_EQ(fake_air().settings().gain_db, 12.0);
    EXPECT_EQ(fake_air().settings().element_gains_db.at("VGA"), 3.0);
    EXPECT_NE(notices.back().find("samples come, after"), std::string::npos);
}

TEST_F(SupervisedRadio, StalledItIsNamedWithinTwoSecondsAndStartedAnew)
{
    fake_air().give(Samples(10));
    EXPECT_EQ(read(*radio).count, 10u);
    pass(milliseconds(1'400));
    EXPECT_TRUE(notices.empty());
    pass(milliseconds(500));
    EXPECT_EQ(notices, (std::vector<std::string>{ "soapy:driver=fake: no samples for 1.5 s; opening it again" }));
    EXPECT_FALSE(fake_air().settings().streaming);
    pass(milliseconds(500));
    EXPECT_TRUE(fake_air().settings().streaming);
    fake_air().give(Samples(10));
    EXPECT_TRUE(read(*radio).restarted);
}

/// The whole way: radio, reader, ring, classifier, events.
class RadioReceiver : public SoapySource
{
protected:
    void start()
    {
        ReceiverConfig config;
        config.model = test::write_model();
        config.interval_s = kInterval / 1e6;
        config.single = true;
        receiver =
            std::make_unique<Receiver>(make_soapy_source(fake()), config, [this](const stream::LabelEvent& e) {
                const std::lock_guard lock(mutex);
                events.push_back(e);
                arrived.notify_all();
            });
        receiver->start();
    }

    stream::LabelEvent event(std::size_t number)
    {
        std::unique_lock lock(mutex);
        arrived.wait(lock, [&] { return events.size() > number; });
        return events[number];
    }

    static constexpr int kInterval = 10 * test::kModelBlock;
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<stream::LabelEvent> events;
    std::unique_ptr<Receiver> receiver;
};

TEST_F(RadioReceiver, EventsAfterAnOverflowCountItAndHaveTheRightTime)
{
    start();
    fake_air().give(Samples(kInterval), k2020Ns);
    fake_air().report(SOAPY_SDR_OVERFLOW);
    fake_air().give(Samples(kInterval), k2020Ns + 3'000'000'000);
    EXPECT_EQ(event(0).overflows, 0u);
    EXPECT_EQ(event(0).time_ns, k2020Ns);
    EXPECT_EQ(event(1).overflows, 1u);
    EXPECT_EQ(event(1).time_ns, k2020Ns + 3'000'000'000);
    EXPECT_EQ(event(1).time_source, TimeSource::hw);
    EXPECT_EQ(event(1).sample_start, static_cast<std::uint64_t>(kInterval));
    EXPECT_EQ(receiver->stats().overflows, 1u);
    receiver->stop();
    EXPECT_TRUE(receiver->wait_for(kLong));
    EXPECT_FALSE(receiver->fault());
}

TEST_F(RadioReceiver, NoEventHasSamplesOfTwoFrequencies)
{
    start();
    fake_air().give(Samples(kInterval + kInterval / 2));
    EXPECT_EQ(event(0).center_freq_hz, 100e6);
    fake_air().wait_until_read();
    receiver->tune(200e6);
    EXPECT_EQ(fake_air().settings().frequency_hz, 200e6);
    fake_air().give(Samples(kInterval));
    EXPECT_EQ(event(1).sample_count, static_cast<std::uint64_t>(kInterval / 2));
    EXPECT_EQ(event(1).center_freq_hz, 100e6);
    EXPECT_EQ(event(2).sample_start, static_cast<std::uint64_t>(kInterval + kInterval / 2));
    EXPECT_EQ(event(2).center_freq_hz, 200e6);
    EXPECT_THROW(receiver->tune(1.0), Error);
}

TEST_F(RadioReceiver, UnpluggingEndsTheStreamWithAReasonAfterItsEvents)
{
    start();
    fake_air().give(Samples(kInterval + kInterval / 2));
    fake_air().unplug("usb transfer failed");
    EXPECT_TRUE(receiver->wait_for(kLong));
    EXPECT_EQ(receiver->fault(), "soapy:driver=fake: the radio failed: found usb transfer failed");
    EXPECT_EQ(events.size(), 2u);
    EXPECT_THROW(receiver->tune(200e6), Error);
}
