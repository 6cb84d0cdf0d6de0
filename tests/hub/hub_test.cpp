// SPDX-License-Identifier: GPL-3.0-or-later
// All of a hub at work, with receivers that are ZeroMQ sockets of the test.
#include "prunedamr/hub/hub.h"

#include "prunedamr/base/time.h"
#include "tests/hub/hub_testing.h"
#include "tests/support/expect_error.h"

#include <zmq.hpp>

#include <array>
#include <fstream>
#include <functional>

namespace prunedamr::hub {
namespace {

using namespace std::chrono_literals;

struct Keys {
    Keys() { zmq_curve_keypair(open.data(), secret.data()); }
    std::array<char, 41> open{}, secret{};
};

/// A receiver by hand.
class Dealer
{
public:
    explicit Dealer(const std::string& name) : socket_(context_, zmq::socket_type::dealer)
    {
        socket_.set(zmq::sockopt::routing_id, name);
        socket_.set(zmq::sockopt::linger, 1000);
        socket_.set(zmq::sockopt::rcvtimeo, 10'000);
    }
    void set_keys(const Keys& own, const Keys& hubs)
    {
        socket_.set(zmq::sockopt::curve_serverkey, hubs.open.data());
        socket_.set(zmq::sockopt::curve_publickey, own.open.data());
        socket_.set(zmq::sockopt::curve_secretkey, own.secret.data());
    }
    void connect(const std::string& endpoint) { socket_.connect(endpoint); }
    void say(const std::string& topic, const std::string& payload)
    {
        socket_.send(zmq::buffer(topic), zmq::send_flags::sndmore);
        socket_.send(zmq::buffer(payload), zmq::send_flags::none);
    }
    /// The topic of the next message; empty: none in ten seconds.
    std::string hear()
    {
        zmq::message_t topic, payload;
        return socket_.recv(topic) && socket_.recv(payload) ? topic.to_string() : "";
    }

private:
    zmq::context_t context_;
    zmq::socket_t socket_;
};

class HubAtWork : public ::testing::Test
{
protected:
    HubAtWork()
    {
        config_.database = folder_ / "hub.db";
        config_.name = "test";
        config_.notice = [this](const std::string& text) {
            const std::lock_guard lock(mutex_);
            notices_.push_back(text);
        };
        for (const char* name : { "first", "second" }) {
            SocketLink link;
            link.socket.endpoint = endpoint(name);
            config_.sockets.push_back(link);
        }
    }

    std::string endpoint(const std::string& name) const { return "ipc://" + (folder_ / name); }

    std::int64_t count(const std::string& table) { return integer(open_database(config_.database)->run("SELECT count(*) FROM " + table)[0][0]); }

    static bool comes(const std::function<bool()>& condition)
    {
        for (int i = 0; i < 2000 && !condition(); ++i)
            std::this_thread::sleep_for(10ms);
        return condition();
    }

    std::string notices()
    {
        const std::lock_guard lock(mutex_);
        std::string all;
        for (const auto& one : notices_)
            all += one + "\n";
        return all;
    }

    static std::string labels_now(std::int64_t seq, std::int64_t age_s = 0)
    {
        return labels_json(event_json(seq, "QPSK", 433e6, "signal", system_time_ns() / 1000 - age_s * kSecondUs));
    }

    const test::TemporaryFolder folder_;
    HubConfig config_;
    std::mutex mutex_;
    std::vector<std::string> notices_;
};

TEST_F(HubAtWork, TellsAReceiverByTheLinkThatItWasLastHeardOn)
{
    Hub hub(config_);
    Dealer first("a"), second("a");
    first.connect(endpoint("first"));
    first.say("receiver", registration_json("a", 1));
    first.say("labels", labels_now(0));
    ASSERT_EQ(first.hear(), "stored"); // and the registration came before
    hub.send("a", "return", "{}");
    EXPECT_EQ(first.hear(), "return");
    second.connect(endpoint("second"));
    second.say("receiver", registration_json("a", 1));
    second.say("labels", labels_now(1));
    ASSERT_EQ(second.hear(), "stored");
    hub.send("a", "return", "{}");
    EXPECT_EQ(second.hear(), "return");
}

TEST_F(HubAtWork, RemovesWhatIsOlderThanItKeeps)
{
    config_.keep_us = 3600 * kSecondUs;
    Hub hub(config_);
    Dealer receiver("a");
    receiver.connect(endpoint("first"));
    receiver.say("labels", labels_now(0, 7200));
    receiver.say("labels", labels_now(1));
    ASSERT_EQ(receiver.hear(), "stored") << "what is old is stored, too";
    EXPECT_TRUE(comes([&] { return count("labels") == 1; }));
    EXPECT_EQ(integer(open_database(config_.database)->run("SELECT seq FROM labels")[0][0]), 1);
    EXPECT_TRUE(hub.is_alive());
}

TEST_F(HubAtWork, AKeySpeaksForTheReceiverOfItsName)
{
    const Keys hubs, a, b;
    config_.sockets.resize(1);
    config_.sockets[0].socket.curve_secret_key = hubs.secret.data();
    for (const auto& [name, keys] : { std::pair("a", &a), std::pair("b", &b) }) {
        config_.sockets[0].socket.curve_client_keys.push_back(keys->open.data());
        config_.sockets[0].names[keys->open.data()] = name;
    }
    Hub hub(config_);
    Dealer good("a"), wrong("c");
    for (const auto& [dealer, keys] : { std::pair(&wrong, &b), std::pair(&good, &a) }) {
        dealer->set_keys(*keys, hubs);
        dealer->connect(endpoint("first"));
        dealer->say("labels", labels_now(0));
    }
    EXPECT_EQ(good.hear(), "stored");
    EXPECT_TRUE(comes([&] { return notices().find("a receiver calls itself c and has the key of b") != std::string::npos; })) << notices();
    wrong.say("labels", labels_now(1));
    good.say("labels", labels_now(1));
    EXPECT_EQ(good.hear(), "stored");
    EXPECT_EQ(count("receivers"), 1);
    EXPECT_EQ(count("labels"), 2);
}

TEST_F(HubAtWork, TwoDoNotShareAFile)
{
    Hub hub(config_);
    HubConfig other = config_;
    other.sockets.clear();
    EXPECT_ERROR(Hub{ other }, "another hub has this database");
}

} // namespace
} // namespace prunedamr::hub
