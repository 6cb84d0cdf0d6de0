// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/source.h"
#include "prunedamr/receiver/tag_header.h"

#include <gtest/gtest.h>
#include <zmq.hpp>

#include <cstring>
#include <random>

using namespace prunedamr;
using namespace prunedamr::receiver;
using std::chrono::milliseconds;
using Samples = std::vector<std::complex<float>>;

namespace {

constexpr milliseconds kLong{ 10'000 };

std::string bytes_of(const Samples& samples)
{
    return { reinterpret_cast<const char*>(samples.data()), 8 * samples.size() };
}

template <typename T> std::string native(T value)
{
    return { reinterpret_cast<const char*>(&value), sizeof value };
}

std::string big_endian(std::uint64_t value, int size)
{
    std::string bytes;
    for (int i = size - 1; i >= 0; --i)
        bytes += static_cast<char>(value >> (8 * i));
    return bytes;
}

// Values as GNU Radio's pmt_serialize writes them.
std::string symbol(const std::string& text)
{
    return "\x02" + big_endian(text.size(), 2) + text;
}
std::string real(double value)
{
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return "\x04" + big_endian(bits, 8);
}
std::string int32(std::int32_t value)
{
    return "\x03" + big_endian(static_cast<std::uint32_t>(value), 4);
}
std::string uint64(std::uint64_t value)
{
    return "\x0b" + big_endian(value, 8);
}
std::string rx_time(std::uint64_t seconds, double fraction)
{
    return "\x0c" + big_endian(2, 4) + uint64(seconds) + real(fraction);
}
const std::string kNil = "\x06";
const std::string kDict = "\x09\x07" + symbol("k") + int32(1) + "\x09\x07" + symbol("l") + kNil + kNil;
const std::string kUniform = "\x0a\x08" + big_endian(2, 4) + std::string("\x01\x00", 2) + std::string(8, 'x');

std::string tag(std::uint64_t item, const std::string& key, const std::string& value)
{
    return native(item) + symbol(key) + value + symbol("source");
}

std::string header(std::uint64_t first_item, const std::vector<std::string>& tags)
{
    std::string bytes = std::string("\xf0\x5f\x01", 3) + native(first_item) + native<std::uint64_t>(tags.size());
    for (const auto& one : tags)
        bytes += one;
    return bytes;
}

class ZmqSource : public testing::Test
{
protected:
    /// A publisher, and a source that has subscribed to it.
    void open(recording::SampleFormat format = recording::SampleFormat::cf32_le,
              std::optional<std::string> key = {})
    {
        publisher.bind("tcp://127.0.0.1:*");
        ZmqSourceConfig config;
        config.endpoint = publisher.get(zmq::sockopt::last_endpoint);
        config.key = std::move(key);
        config.stream = { format, 1e6, 0.0 };
        listen(config);
        zmq::message_t subscription;
        ASSERT_TRUE(publisher.recv(subscription));
    }

    void listen(const ZmqSourceConfig& config)
    {
        source = make_zmq_source(config);
        source->on_notice([this](const std::string& text) { notices.push_back(text); });
    }

    void send(zmq::socket_t& socket, const std::vector<std::string>& parts)
    {
        for (std::size_t i = 0; i < parts.size(); ++i)
            socket.send(zmq::buffer(parts[i]),
                        i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
    void send(const std::string& message) { send(publisher, { message }); }

    /// The next reading with samples, which are then in `samples`; what was rejected before them is added.
    Reading read(std::size_t count = 100)
    {
        samples.resize(count);
        std::uint64_t rejected = 0;
        Reading reading;
        for (int i = 0; i < 20 && reading.count == 0; ++i) {
            reading = source->read(samples.data(), count, kLong);
            rejected += reading.rejected;
        }
        samples.resize(reading.count);
        reading.rejected = rejected;
        return reading;
    }

    zmq::context_t context;
    zmq::socket_t publisher{ context, zmq::socket_type::xpub };
    std::unique_ptr<Source> source;
    Samples samples;
    std::vector<std::string> notices;
    const Samples sent = { { 1, 2 }, { 3, 4 }, { 5, 6 } };
};

} // namespace

TEST_F(ZmqSource, GivesMessagesOutInPartsAndLeavesOutWhatIsNoSamples)
{
    open();
    send(bytes_of(sent));
    send("abc");
    send("hello");
    send(bytes_of({ { 7, 8 } }));
    EXPECT_EQ(read(2).count, 2u);
    EXPECT_EQ(samples[1], sent[1]);
    EXPECT_EQ(read(2).count, 1u);
    EXPECT_EQ(samples[0], sent[2]);
    EXPECT_EQ(read().rejected, 2u);
    EXPECT_EQ(samples, (Samples{ { 7, 8 } }));
    ASSERT_EQ(notices.size(), 1u); // once
    EXPECT_NE(notices[0].find("found 3 bytes, expected a multiple of 8"), std::string::npos) << notices[0];
    EXPECT_EQ(source->read(samples.data(), 1, milliseconds(0)).count, 0u);
}

TEST_F(ZmqSource, DropsKeysAndTellsOnceWhenThereAreSeveral)
{
    open();
    for (const char* key : { "rx0", "rx0", "channel1", "antenna-1/iq/cf32" })
        send(publisher, { key, bytes_of(sent) });
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(read().rejected, 0u);
        EXPECT_EQ(samples, sent);
        EXPECT_EQ(notices.size(), i < 2 ? 0u : 1u);
    }
}

TEST_F(ZmqSource, ReadsTheMessagesOfOneKeyAlone)
{
    open(recording::SampleFormat::cf32_le, "rx1");
    for (const char* key : { "rx0", "rx10", "rx1" })
        send(publisher, { key, bytes_of({ { float(std::strlen(key)), float(key[2]) } }) });
    EXPECT_EQ(read().rejected, 0u);
    EXPECT_EQ(samples, (Samples{ { 3, '1' } }));
    EXPECT_TRUE(notices.empty());
}

TEST_F(ZmqSource, TakesOtherFormats)
{
    open(recording::SampleFormat::ci16_le);
    send(native<std::int16_t>(16384) + native<std::int16_t>(-8192));
    EXPECT_EQ(read().count, 1u);
    EXPECT_EQ(samples, (Samples{ { 0.5f, -0.25f } }));
}

TEST_F(ZmqSource, TakesLargeMessagesAfterSmallOnesAndTheOtherWayRound)
{
    publisher.set(zmq::sockopt::sndhwm, 0);
    open();
    constexpr std::size_t kEach = 100, kSizes[] = { 64, 20'000, 64, 100'000, 1 };
    std::size_t expected = 0, count = 0;
    for (const std::size_t size : kSizes)
        for (std::size_t i = 0; i < kEach; ++i, expected += size)
            send(bytes_of(Samples(size)));
    while (count < expected) {
        const std::size_t got = read(100'000).count;
        ASSERT_GT(got, 0u);
        count += got;
    }
    EXPECT_EQ(count, expected);
}

TEST_F(ZmqSource, PullsAndBinds)
{
    const std::string endpoint = "ipc://" + testing::TempDir() + "zmq_source_" + std::to_string(::getpid());
    ZmqSourceConfig config;
    config.endpoint = endpoint;
    config.pull = config.bind = true;
    listen(config);
    EXPECT_EQ(source->info().name, "zmq-pull:@" + endpoint);
    zmq::socket_t pusher(context, zmq::socket_type::push);
    pusher.connect(endpoint);
    send(pusher, { bytes_of(sent) });
    EXPECT_EQ(read().count, 3u);
    EXPECT_EQ(samples, sent);
}

TEST_F(ZmqSource, FollowsTheTagsOfGnuRadioAtTheirItems)
{
    open();
    send(header(100, { tag(100, "rx_time", rx_time(1'700'000'000, 0.25)), tag(100, "mine", kDict),
                       tag(102, "rx_freq", real(433.92e6)), tag(101, "packet", kUniform) }) +
         bytes_of(sent));
    Reading reading = read();
    EXPECT_EQ(reading.count, 2u);
    ASSERT_TRUE(reading.time);
    EXPECT_EQ(reading.time->time_ns, 1'700'000'000'250'000'000);
    EXPECT_EQ(reading.time->source, stream::TimeSource::hw);
    EXPECT_FALSE(reading.center_freq_hz);
    reading = read();
    EXPECT_EQ(reading.count, 1u);
    EXPECT_EQ(reading.center_freq_hz, 433.92e6);
    EXPECT_EQ(samples, (Samples{ sent[2] }));
    send(header(103, { tag(103, "rx_freq", int32(100'000'000)) }) + bytes_of(sent)); // the next item
    reading = read();
    EXPECT_EQ(reading.count, 3u);
    EXPECT_EQ(reading.overflows, 0u);
    EXPECT_EQ(reading.center_freq_hz, 100e6);
    send(header(206, { tag(206, "rx_rate", uint64(2'000'000)) }) + bytes_of(sent)); // 100 items are missing
    EXPECT_EQ(read().overflows, 1u);
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices[0].find("2000000 samples/s"), std::string::npos) << notices[0];
}

TEST_F(ZmqSource, NeverTakesAHeaderForSamples)
{
    open();
    send(header(0, {}) + bytes_of(sent));                       // 19 bytes of it
    send(header(3, { std::string(5, '\0') }) + bytes_of(sent)); // a multiple of 8, and no header
    send(header(3, {}) + bytes_of({ { 7, 8 } }));
    EXPECT_EQ(read().count, 3u);
    EXPECT_EQ(samples, sent);
    EXPECT_EQ(read().rejected, 1u);
    EXPECT_EQ(samples, (Samples{ { 7, 8 } }));
}

TEST_F(ZmqSource, ASampleMayLookLikeAHeader)
{
    open();
    send(bytes_of(sent));
    std::string message = bytes_of(sent);
    message.replace(0, 3, "\xf0\x5f\x01");
    send(message);
    EXPECT_EQ(read().count, 3u);
    EXPECT_EQ(read().rejected, 0u);
    EXPECT_EQ(samples[1], sent[1]);
}

TEST(TagHeader, SurvivesEveryCutAndRandomBytes)
{
    const std::string whole =
        header(7, { tag(7, "rx_time", rx_time(5, 0.5)), tag(8, "x", kDict), tag(9, "y", kUniform) });
    const auto parse = [](const std::string& bytes, TagHeader& found) {
        const std::vector<std::byte> copy(reinterpret_cast<const std::byte*>(bytes.data()),
                                          reinterpret_cast<const std::byte*>(bytes.data() + bytes.size()));
        return parse_tag_header(copy.data(), copy.size(), found);
    };
    TagHeader found;
    ASSERT_TRUE(parse(whole, found));
    EXPECT_EQ(found.bytes, whole.size());
    EXPECT_EQ(found.first_item, 7u);
    ASSERT_EQ(found.tag_count, 1u);
    EXPECT_EQ(found.tags[0].time_ns, 5'500'000'000);
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(parse(whole.substr(0, size), found)) << size;
    std::mt19937 rng(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string broken = whole;
        for (int k = 0; k < 3; ++k)
            broken[rng() % broken.size()] = static_cast<char>(rng());
        found.bytes = 0;
        EXPECT_LE(parse(broken, found) ? found.bytes : 0, broken.size());
    }
    std::vector<std::string> tags;
    for (std::uint64_t i = 0; i < 100; ++i)
        tags.push_back(tag(99 - i, "rx_freq", real(static_cast<double>(i))));
    ASSERT_TRUE(parse(header(0, tags), found));
    EXPECT_EQ(found.tag_count, TagHeader::kMaxTags);
}

TEST(ZmqSourceConfig, NamesAnEndpointThatIsNone)
{
    for (const char* endpoint :
         { "nonsense", "udp://127.0.0.1:5000", "tcp://127.0.0.1:99999", "tcp://127.0.0.1:5701/../" })
        try {
            ZmqSourceConfig config;
            config.endpoint = endpoint;
            make_zmq_source(config);
            ADD_FAILURE() << endpoint;
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find(std::string(endpoint).substr(6)), std::string::npos)
                << error.what();
        }
}
