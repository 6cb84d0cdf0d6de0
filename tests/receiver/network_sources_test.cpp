// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/source.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

using namespace prunedamr;
using namespace prunedamr::receiver;
using std::chrono::milliseconds;
using Samples = std::vector<std::complex<float>>;

namespace {

constexpr milliseconds kLong{ 10'000 };

sockaddr_in loopback(int port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int port_of(int descriptor)
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size), 0);
    return ntohs(address.sin_port);
}

/// A descriptor that is closed at the end, or before.
class Descriptor
{
public:
    explicit Descriptor(int value) : value_(value) { EXPECT_GE(value, 0); }
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    int get() const { return value_; }
    void close()
    {
        if (value_ >= 0)
            ::close(value_);
        value_ = -1;
    }

private:
    int value_;
};

/// A server of one client at a time. The system completes connections by itself: a source may be opened first.
class TcpServer
{
public:
    TcpServer() : listener_(::socket(AF_INET, SOCK_STREAM, 0))
    {
        const sockaddr_in address = loopback(0);
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener_.get(), 4), 0);
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_of(listener_.get())); }
    int accept() const { return ::accept(listener_.get(), nullptr, nullptr); }

private:
    Descriptor listener_;
};

void send(int descriptor, const std::string& bytes)
{
    ASSERT_EQ(::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL), ssize_t(bytes.size()));
}

std::string receive(int descriptor, std::size_t count)
{
    std::string bytes(count, '\0');
    EXPECT_EQ(::recv(descriptor, bytes.data(), count, MSG_WAITALL), ssize_t(count));
    return bytes;
}

RawStream ci8()
{
    return { recording::SampleFormat::ci8, 1e6, 100e6 };
}

Samples read(Source& source, std::size_t count, milliseconds wait = kLong)
{
    Samples samples(count);
    samples.resize(source.read(samples.data(), count, wait).count);
    return samples;
}

template <typename Action> std::string refusal(const Action& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no refusal";
}

std::string bytes_of(std::initializer_list<int> values)
{
    return std::string(values.begin(), values.end());
}

} // namespace

TEST(TcpSource, JoinsTheBytesOfASampleAndGivesOutWhatFindsRoom)
{
    const TcpServer server;
    const auto source = make_tcp_source(server.address(), ci8());
    EXPECT_TRUE(source->info().live);
    EXPECT_EQ(source->info().name, "tcp:" + server.address());
    const Descriptor client(server.accept());
    EXPECT_TRUE(read(*source, 10, milliseconds(0)).empty());
    send(client.get(), "\x40\x20\x10");
    EXPECT_EQ(read(*source, 10), (Samples{ { 0.5f, 0.25f } }));
    send(client.get(), "\x08\x40\x40\x20\x20");
    EXPECT_EQ(read(*source, 2), (Samples{ { 0.125f, 0.0625f }, { 0.5f, 0.5f } }));
    EXPECT_EQ(read(*source, 2), (Samples{ { 0.25f, 0.25f } }));
}

TEST(TcpSource, FailsWhenTheServerGoesAwayOrIsNotThere)
{
    std::string address;
    std::unique_ptr<Source> source;
    {
        const TcpServer server;
        address = server.address();
        source = make_tcp_source(address, ci8());
        Descriptor(server.accept()).close();
    }
    EXPECT_NE(refusal([&] { read(*source, 1); }).find("the server has closed the connection"), std::string::npos);
    EXPECT_NE(refusal([&] { make_tcp_source(address, ci8()); }).find("tcp:" + address + ": cannot connect"),
              std::string::npos);
}

TEST(NetworkSources, NameWhatIsNoAddress)
{
    for (const char* address :
         { "", "1234", "host", "host:", ":5", "host:0", "host:65536", "host:5x", "::1:5", "host:-5" }) {
        EXPECT_NE(refusal([&] { make_tcp_source(address, ci8()); }).find("bad address"), std::string::npos)
            << address;
        ZmqSourceConfig zmq;
        zmq.endpoint = std::string("tcp://") + address;
        EXPECT_NE(refusal([&] { make_zmq_source(zmq); }), "no refusal") << address;
    }
    for (const char* address : { "", "0", "70000", "x" })
        EXPECT_NE(refusal([&] { make_udp_source(address, ci8()); }).find("bad address"), std::string::npos)
            << address;
}

TEST(RtlTcpSource, SendsItsSettingsAndReadsBytes)
{
    const TcpServer server;
    RtlTcpConfig config;
    config.address = server.address();
    config.sample_rate_hz = 1.024e6;
    config.center_freq_hz = 433.92e6;
    config.gain_db = 20.7;
    config.ppm = -2;
    std::unique_ptr<Source> source;
    std::thread open([&] { source = make_rtl_tcp_source(config); });
    const Descriptor client(server.accept());
    send(client.get(), "RTL0" + bytes_of({ 0, 0, 0, 5, 0, 0, 0, 29 }));
    open.join();
    EXPECT_EQ(receive(client.get(), 25), bytes_of({ 2, 0,   15,  160, 0,   // 1 024 000
                                                    5, 255, 255, 255, 254, // -2
                                                    1, 25,  221, 24,  0,   // 433 920 000
                                                    3, 0,   0,   0,   1,   4, 0, 0, 0, 207 }));
    source->tune(100e6);
    EXPECT_EQ(receive(client.get(), 5), bytes_of({ 1, 5, 245, 225, 0 }));
    EXPECT_EQ(source->info().center_freq_hz, 100e6);
    send(client.get(), bytes_of({ 255, 0 }));
    EXPECT_EQ(read(*source, 4), (Samples{ { 1.0f, -1.0f } }));
    EXPECT_NE(refusal([&] { source->tune(5e9); }).find("cannot have this frequency"), std::string::npos);
}

TEST(RtlTcpSource, RefusesAnotherServer)
{
    const TcpServer server;
    RtlTcpConfig config;
    config.address = server.address();
    std::string said;
    std::thread open([&] { said = refusal([&] { make_rtl_tcp_source(config); }); });
    const Descriptor client(server.accept());
    send(client.get(), "HTTP/1.1 400 Bad Request\r\n");
    open.join();
    EXPECT_EQ(said, "rtl_tcp:" + config.address + ": is no rtl_tcp server: found another greeting, expected RTL0");
}

class UdpSource : public testing::Test
{
protected:
    UdpSource() : sender(::socket(AF_INET, SOCK_DGRAM, 0))
    {
        const Descriptor probe(::socket(AF_INET, SOCK_DGRAM, 0));
        to = loopback(0);
        EXPECT_EQ(::bind(probe.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
        port = port_of(probe.get());
        to = loopback(port);
    }

    void send(const std::string& bytes)
    {
        ASSERT_EQ(::sendto(sender.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                           sizeof to),
                  ssize_t(bytes.size()));
    }

    Descriptor sender;
    sockaddr_in to;
    int port = 0;
};

TEST_F(UdpSource, JoinsDatagramsAndLeavesOutWhatIsNoSamples)
{
    const auto source = make_udp_source(std::to_string(port), ci8());
    std::vector<std::string> notices;
    source->on_notice([&](const std::string& text) { notices.push_back(text); });
    send("\x40\x20\x40\x20\x40\x20");
    for (int i = 0; i < 3; ++i)
        send("odd");
    send("\x10\x08");
    Samples samples(10);
    EXPECT_EQ(source->read(samples.data(), 2, kLong).count, 2u);
    const Reading rest = source->read(samples.data(), 10, kLong);
    EXPECT_EQ(rest.count, 2u);
    EXPECT_EQ(rest.rejected, 3u);
    EXPECT_EQ(samples[0], std::complex<float>(0.5f, 0.25f));
    EXPECT_EQ(samples[1], std::complex<float>(0.125f, 0.0625f));
    EXPECT_EQ(notices.size(), 1u);
    EXPECT_EQ(source->read(samples.data(), 10, milliseconds(0)).count, 0u);
}

TEST_F(UdpSource, ComesBackHoweverManyDatagramsAreNoSamples)
{
    const auto source = make_udp_source(std::to_string(port), ci8());
    Samples samples(10);
    for (int i = 0; i < 100; ++i)
        send(i % 2 ? "odd" : "");
    const Reading first = source->read(samples.data(), samples.size(), kLong);
    const Reading second = source->read(samples.data(), samples.size(), milliseconds(0));
    EXPECT_EQ(first.count + second.count, 0u);
    EXPECT_LT(first.rejected, 100u);
    EXPECT_EQ(first.rejected + second.rejected, 100u);
}

TEST_F(UdpSource, CountsWhatTheSystemHadToDrop)
{
    const auto source = make_udp_source("127.0.0.1:" + std::to_string(port), ci8());
    const std::string datagram(60'000, '\x40');
    for (int i = 0; i < 400; ++i) // more than any room for them
        send(datagram);
    Samples samples(400 * 30'000);
    std::size_t count = 0, overflows = 0;
    const auto drain = [&] {
        for (Reading reading;
             (reading = source->read(samples.data(), samples.size(), milliseconds(0))).count > 0;) {
            count += reading.count;
            overflows += reading.overflows;
        }
    };
    drain();
    EXPECT_LT(count, samples.size());
    EXPECT_EQ(overflows, 0u); // what is lost lies after these
    send(datagram);
    drain();
    EXPECT_EQ(overflows, 1u);
}

TEST_F(UdpSource, NamesAPortThatIsTaken)
{
    const auto first = make_udp_source(std::to_string(port), ci8());
    EXPECT_NE(refusal([&] { make_udp_source(std::to_string(port), ci8()); }).find("cannot listen"),
              std::string::npos);
}
