// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/stream/curve.h"
#include "prunedamr/stream/sinks.h"

#include <gtest/gtest.h>

#include <zmq.hpp>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

std::filesystem::path scratch(const std::string& name)
{
    return std::filesystem::temp_directory_path() / ("prunedamr_" + std::to_string(::getpid()) + "_" + name);
}

std::string error_of(const ZmqConfig& config)
{
    try {
        make_zmq_sink(config);
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

ZmqConfig at(const std::string& endpoint)
{
    ZmqConfig config;
    config.endpoint = endpoint;
    return config;
}

ZmqConfig at_scratch(const std::string& name)
{
    return at("ipc://" + scratch(name).string());
}

struct KeyPair {
    KeyPair()
    {
        char open_key[41], secret_key[41];
        EXPECT_EQ(zmq_curve_keypair(open_key, secret_key), 0);
        open = open_key;
        secret = secret_key;
    }
    std::string open, secret;
};

/// A subscriber with these keys (none: without CURVE) and what became of its first handshake.
struct Handshake {
    Handshake(const std::string& endpoint, const KeyPair* client, const std::string& server_key)
        : socket(context, zmq::socket_type::sub), monitor(context, zmq::socket_type::pair)
    {
        if (client) {
            socket.set(zmq::sockopt::curve_serverkey, server_key);
            socket.set(zmq::sockopt::curve_publickey, client->open);
            socket.set(zmq::sockopt::curve_secretkey, client->secret);
        }
        socket.set(zmq::sockopt::subscribe, "");
        socket.set(zmq::sockopt::linger, 0);
        const int ends = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                         ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
        EXPECT_EQ(zmq_socket_monitor(socket.handle(), "inproc://monitor", ends), 0);
        monitor.connect("inproc://monitor");
        monitor.set(zmq::sockopt::rcvtimeo, 10'000);
        socket.connect(endpoint);
        zmq::message_t frame;
        if (monitor.recv(frame) && frame.size() == 6) {
            std::memcpy(&event, frame.data(), sizeof event);
            std::memcpy(&value, frame.data<char>() + sizeof event, sizeof value);
        }
    }

    zmq::context_t context;
    zmq::socket_t socket, monitor;
    std::uint16_t event = 0; ///< 0: none
    std::uint32_t value = 0;
};

/// A SUB socket that is known to be subscribed: it has received a probe.
struct Subscriber {
    Subscriber(LineSink& sink, const std::string& endpoint, int high_water_mark = 0)
        : socket(context, zmq::socket_type::sub)
    {
        socket.set(zmq::sockopt::rcvhwm, high_water_mark);
        socket.set(zmq::sockopt::subscribe, "label");
        socket.connect(endpoint);
        socket.set(zmq::sockopt::rcvtimeo, 20);
        for (int i = 0; i < 250 && receive() != "probe"; ++i)
            sink.write_line("probe");
        socket.set(zmq::sockopt::rcvtimeo, 2000);
    }

    /// The second frame of the next message, or nothing when none comes.
    std::string receive()
    {
        zmq::message_t topic, body;
        if (!socket.recv(topic))
            return {};
        EXPECT_EQ(topic.to_string(), "label");
        EXPECT_TRUE(topic.more());
        EXPECT_TRUE(socket.recv(body));
        EXPECT_FALSE(body.more());
        return body.to_string();
    }

    std::string receive_after_probes()
    {
        std::string text = receive();
        while (text == "probe")
            text = receive();
        return text;
    }

    zmq::context_t context;
    zmq::socket_t socket;
};

} // namespace

TEST(ZmqSink, SubscriberSeesEveryMessageInTwoFrames)
{
    const ZmqConfig config = at_scratch("gapless");
    const auto sink = make_zmq_sink(config);
    Subscriber subscriber(*sink, config.endpoint);
    for (int i = 0; i < 500; ++i)
        sink->write_line(std::to_string(i));
    EXPECT_EQ(subscriber.receive_after_probes(), "0");
    for (int i = 1; i < 500; ++i)
        ASSERT_EQ(subscriber.receive(), std::to_string(i));
}

TEST(ZmqSink, SubscriberThatNeverReadsSlowsNobody)
{
    const ZmqConfig config = at_scratch("slow");
    const auto sink = make_zmq_sink(config);
    Subscriber asleep(*sink, config.endpoint, 1);
    const std::string line(500, 'x');
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 100'000; ++i)
        sink->write_line(line);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
}

TEST(ZmqSink, BindsLoopbackTcp)
{
    const auto sink = make_zmq_sink(at("tcp://127.0.0.1:*"));
    sink->write_line("{}");
    EXPECT_EQ(error_of(at("tcp://localhost:*")), "");
}

TEST(ZmqSink, SaysWhichFreePortItFound)
{
    EXPECT_EQ(make_zmq_sink(at_scratch("named"))->chosen_address(), "");
    for (const std::string port : { "*", "0" }) {
        const auto sink = make_zmq_sink(at("tcp://127.0.0.1:" + port));
        const std::string address = sink->chosen_address(), host = "tcp://127.0.0.1:";
        ASSERT_EQ(address.rfind(host, 0), 0u) << address;
        EXPECT_GT(std::stoi(address.substr(host.size())), 0);
        EXPECT_EQ(error_of(at(address)).rfind(address + ": cannot bind ZeroMQ socket", 0), 0u); // it is taken
    }
}

TEST(ZmqSink, RefusesWhatIsNoPort)
{
    for (const std::string port : { "99999", "65536", "5701/../", "-1", "+5", " 5", "5 ", "", "0x10", "5701:" })
        EXPECT_EQ(error_of(at("tcp://127.0.0.1:" + port)).rfind("tcp://127.0.0.1:" + port + ": cannot bind", 0), 0u)
            << port;
}

TEST(ZmqSink, ASocketThatSomebodyServesIsNotTakenAndALeftOneIs)
{
    const ZmqConfig config = at_scratch("served");
    const std::string path = config.endpoint.substr(6);
    {
        const auto first = make_zmq_sink(config);
        EXPECT_EQ(error_of(config),
                  path + ": cannot bind ZeroMQ socket: found another process that serves it, expected a path that is free");
        Subscriber subscriber(*first, config.endpoint); // the first still has it
        first->write_line("mine");
        EXPECT_EQ(subscriber.receive_after_probes(), "mine");
    }
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0); // as a killed process leaves it
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    ::unlink(path.c_str());
    ASSERT_EQ(::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(left);
    EXPECT_EQ(error_of(config), "");
}

TEST(ZmqSink, RefusesToReachBeyondLoopbackWithoutKeys)
{
    for (const std::string endpoint : { "tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://192.168.1.2:5555",
                                        "tcp://eth0:5555", "tcp://127.evil.example:5555", "tcp://[::]:5555" })
        EXPECT_EQ(error_of(at(endpoint)), endpoint +
                                              ": labels would be readable by the network: found no CURVE key, "
                                              "expected a loopback address, or a CURVE secret key and a list of "
                                              "client keys");
}

TEST(ZmqSink, RefusesToReachBeyondLoopbackWithoutAListOfClients)
{
    const KeyPair server, client;
    ZmqConfig config = at("tcp://*:*");
    config.curve_secret_key = server.secret;
    EXPECT_EQ(error_of(config), "tcp://*:*: labels would be readable by the network: found no list of client keys, "
                                "expected a loopback address, or a CURVE secret key and a list of client keys");
    config.curve_client_keys = { client.open };
    EXPECT_EQ(error_of(config), "");
    config.curve_client_keys.push_back("short");
    EXPECT_EQ(error_of(config), "tcp://*:*: bad CURVE public key of a client: expected 40 characters of Z85");
    config = at("tcp://127.0.0.1:*");
    config.curve_client_keys = { client.open };
    EXPECT_EQ(error_of(config), "tcp://127.0.0.1:*: client keys cannot be checked: found no CURVE secret key, "
                                "expected a CURVE secret key");
}

TEST(ZmqSink, NamesWhatIsWrongWithAnEndpoint)
{
    for (const std::string endpoint : { "", "5555", "udp://127.0.0.1:5555", "inproc://labels" })
        EXPECT_EQ(error_of(at(endpoint)), (endpoint.empty() ? "" : endpoint + ": ") +
                                              "bad ZeroMQ endpoint: expected tcp://ADDRESS:PORT or ipc://PATH");
    EXPECT_NE(error_of(at("tcp://127.0.0.1:notaport")).find("tcp://127.0.0.1:notaport: cannot bind"),
              std::string::npos);
    EXPECT_NE(error_of(at("tcp://")), "");
    ZmqConfig config = at("tcp://127.0.0.1:*");
    config.high_water_mark = 0;
    EXPECT_EQ(error_of(config), "tcp://127.0.0.1:*: bad high-water mark: found 0, expected 1 or more");
    config = at("tcp://127.0.0.1:*");
    config.curve_secret_key = "short";
    EXPECT_EQ(error_of(config), "tcp://127.0.0.1:*: bad CURVE secret key: expected 40 characters of Z85");
}

TEST(CurveKey, IsReadAloneAndFromACertificate)
{
    const std::string key = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6", path = scratch("antenna.key_secret");
    const auto read = [&](const std::string& text) {
        std::ofstream(path) << text;
        return read_curve_secret_key(path);
    };
    EXPECT_EQ(read(key + "\n"), key);
    EXPECT_EQ(read("#   ****  Generated  ****\n\nmetadata\ncurve\n    public-key = "
                   "\"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n"
                   "    secret-key = \"" +
                   key + "\"\n"),
              key);
    for (const std::string text : { "", "two words", "short", "secret-key = \"short\"" })
        try {
            read(text);
            FAIL() << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.parts().where, path);
            EXPECT_NE(std::string(error.what()).find("CURVE secret key"), std::string::npos) << error.what();
        }
    std::filesystem::remove(path);
}

TEST(CurveKey, OneThatOthersCanReadGivesAWarning)
{
    const auto path = scratch("open.key_secret");
    std::ofstream(path) << "key";
    for (const auto& [mode, warns] : { std::pair{ 0600, false }, { 0400, false }, { 0640, true }, { 0604, true } }) {
        std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
        EXPECT_EQ(curve_secret_key_warning(path).has_value(), warns) << std::oct << mode;
    }
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(0644));
    EXPECT_EQ(curve_secret_key_warning(path).value_or("").rfind(path.string() + ": others on this machine", 0), 0u);
    std::filesystem::remove(path);
    EXPECT_FALSE(curve_secret_key_warning(path)); // reading it says what is wrong
    EXPECT_FALSE(curve_secret_key_warning("/dev/stdin"));
}

TEST(ZmqSink, CurveServesOnlyClientsWithItsKey)
{
    char server_public[41], server_secret[41], client_public[41], client_secret[41];
    ASSERT_EQ(zmq_curve_keypair(server_public, server_secret), 0);
    ASSERT_EQ(zmq_curve_keypair(client_public, client_secret), 0);
    ZmqConfig config = at_scratch("curve");
    config.curve_secret_key = server_secret;
    const auto sink = make_zmq_sink(config);

    zmq::context_t context;
    zmq::socket_t keyed(context, zmq::socket_type::sub), plain(context, zmq::socket_type::sub);
    keyed.set(zmq::sockopt::curve_serverkey, server_public);
    keyed.set(zmq::sockopt::curve_publickey, client_public);
    keyed.set(zmq::sockopt::curve_secretkey, client_secret);
    for (auto* socket : { &keyed, &plain }) {
        socket->set(zmq::sockopt::subscribe, "");
        socket->set(zmq::sockopt::rcvtimeo, 20);
        socket->set(zmq::sockopt::linger, 0);
        socket->connect(config.endpoint);
    }
    bool keyed_received = false;
    zmq::message_t message;
    for (int i = 0; i < 250 && !keyed_received; ++i) {
        sink->write_line("{}");
        keyed_received = keyed.recv(message).has_value();
    }
    EXPECT_TRUE(keyed_received);
    EXPECT_FALSE(plain.recv(message).has_value());
}

TEST(ZmqSink, AListOfClientKeysAdmitsTheseAlone)
{
    const KeyPair server, listed, also_listed, stranger;
    ZmqConfig config = at_scratch("listed");
    config.curve_secret_key = server.secret;
    config.curve_client_keys = { listed.open, also_listed.open };
    const auto sink = make_zmq_sink(config);

    const Handshake refused(config.endpoint, &stranger, server.open);
    EXPECT_EQ(refused.event, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    EXPECT_EQ(refused.value, 400u);
    const Handshake plain(config.endpoint, nullptr, ""), misled(config.endpoint, &listed, stranger.open);
    for (const auto event : { plain.event, misled.event }) {
        EXPECT_NE(event, 0);
        EXPECT_NE(event, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    }
    for (const KeyPair* client : { &listed, &also_listed }) {
        Handshake admitted(config.endpoint, client, server.open);
        EXPECT_EQ(admitted.event, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        admitted.socket.set(zmq::sockopt::rcvtimeo, 20);
        zmq::message_t message;
        bool received = false;
        for (int i = 0; i < 250 && !received; ++i) { // the subscription travels after the handshake
            sink->write_line("{}");
            received = admitted.socket.recv(message).has_value();
        }
        EXPECT_TRUE(received);
    }
}

TEST(CurveKey, ClientKeysAreReadFromCertificatesFilesAndFolders)
{
    namespace fs = std::filesystem;
    const KeyPair a, b;
    const fs::path folder = scratch("clients");
    fs::create_directory(folder);
    const auto put = [&](const std::string& name, const std::string& text) {
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    };
    const auto problem = [](const std::string& path) -> std::string {
        try {
            read_curve_client_keys(path);
        } catch (const Error& error) {
            return error.what();
        }
        return "none";
    };
    using Keys = std::vector<std::string>;
    EXPECT_EQ(problem(folder), folder.string() + ": no client keys in this folder: expected certificates NAME.key");
    const std::string list = put("list.txt", a.open + "\n  " + b.open + "\n");
    EXPECT_EQ(read_curve_client_keys(list), (Keys{ a.open, b.open }));
    const std::string certificate =
        put("b.key", "#   ****  Generated  ****\n\nmetadata\ncurve\n    public-key = \"" + b.open + "\"\n");
    EXPECT_EQ(read_curve_client_keys(certificate), Keys{ b.open });
    put("a.key", a.open);
    put("a.key_secret", "not read");
    EXPECT_EQ(read_curve_client_keys(folder), (Keys{ a.open, b.open }));

    const std::string bad = put("c.key", "public-key = \"short\"\n");
    EXPECT_EQ(problem(folder), bad + ": bad CURVE public key: expected 40 characters of Z85");
    const std::string empty = put("c.key", " \n");
    EXPECT_EQ(problem(folder),
              empty + ": no CURVE public key in this file: expected NAME.key, or 40 characters of Z85");
    EXPECT_EQ(problem(folder / "absent").rfind((folder / "absent").string() + ": cannot open", 0), 0u);
    fs::remove_all(folder);
}
