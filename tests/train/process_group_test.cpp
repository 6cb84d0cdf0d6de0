// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_json.h"
#include "prunedamr/train/process_group.h"
#include "prunedamr/train/rendezvous.h"

#include "prunedamr/train/data_parallel.h"
#include "tests/train/several_processes.h"

#include "tests/nn/test_networks.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

namespace prunedamr::train {
namespace {

using Environment = std::map<std::string, std::string>;
using Errors = std::vector<std::string>;

class ProcessEnvironment : public testing::Test
{
protected:
    void SetUp() override { clear(); }
    void TearDown() override { clear(); }

    static void clear()
    {
        for (const char* name :
             { "RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "PRUNEDAMR_PROCESS_TIMEOUT_S" })
            unsetenv(name);
    }

    static ProcessPlace place(const Environment& environment)
    {
        clear();
        for (const auto& [name, value] : environment)
            setenv(name.c_str(), value.c_str(), 1);
        return process_place_from_environment();
    }

    static std::string refusal(Environment environment, const std::string& name, const std::string& value)
    {
        environment[name] = value;
        try {
            place(environment);
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    }
};

TEST_F(ProcessEnvironment, IsReadAsTorchrunWritesIt)
{
    EXPECT_EQ(place({}).size, 1);
    const Environment whole = { { "RANK", "2" },
                                { "WORLD_SIZE", "3" },
                                { "MASTER_ADDR", "gpu0" },
                                { "MASTER_PORT", "29500" },
                                { "PRUNEDAMR_PROCESS_TIMEOUT_S", "2.5" } };
    const ProcessPlace third = place(whole);
    EXPECT_EQ(third.rank, 2);
    EXPECT_EQ(third.size, 3);
    EXPECT_EQ(third.address, "gpu0");
    EXPECT_EQ(third.port, 29500);
    EXPECT_EQ(third.timeout_s, 2.5);

    EXPECT_EQ(refusal(whole, "RANK", "3"),
              "RANK: wrong value in the environment: found '3', expected 0 to 2, below WORLD_SIZE");
    EXPECT_EQ(refusal(whole, "WORLD_SIZE", ""), "the environment asks for several processes, but not completely: "
                                                "found only RANK MASTER_ADDR MASTER_PORT, "
                                                "expected also WORLD_SIZE, or none of them");
    for (const char* bad : { "two", "0", "-1", "2 ", "1e9", "99999999999999999999" })
        EXPECT_NE(refusal(whole, "WORLD_SIZE", bad).find("WORLD_SIZE: wrong value"), std::string::npos) << bad;
    for (const char* bad : { "0", "65536", "0x10", "29500,1" })
        EXPECT_NE(refusal(whole, "MASTER_PORT", bad).find("MASTER_PORT: wrong value"), std::string::npos) << bad;
    for (const char* bad : { "0", "nan", "inf", "30s" })
        EXPECT_NE(refusal(whole, "PRUNEDAMR_PROCESS_TIMEOUT_S", bad).find("0.1 to 86400"), std::string::npos)
            << bad;
}

TEST(DataParallel, SharesCoverEverythingInOrder)
{
    constexpr std::size_t kSize = 3, kCounts = 130;
    std::vector<Slice> fractions(kSize * kCounts);
    const Errors errors = test::in_processes(kSize, [&](ProcessGroup& group) {
        for (std::size_t count = 0; count < kCounts; ++count)
            fractions[kSize * count + static_cast<std::size_t>(group.rank())] = slice_of(count, group);
        group.finish();
    });
    EXPECT_EQ(errors, Errors(kSize));
    for (std::size_t count = 0; count < kCounts; ++count) {
        std::size_t next = 0;
        for (std::size_t rank = 0; rank < kSize; ++rank) {
            const Slice& fraction = fractions[kSize * count + rank];
            EXPECT_EQ(fraction.first, next);
            EXPECT_TRUE(fraction.count > 0 || count < kSize);
            EXPECT_LE(fraction.count, count / kSize + 1);
            next += fraction.count;
        }
        EXPECT_EQ(next, count);
        EXPECT_EQ(slice_of(count, {}).count, count);
    }
}

TEST(ProcessGroup, OneProcessIsItsOwnSum)
{
    const ProcessGroup alone;
    at::Tensor tensor = at::arange(5);
    std::string text = "as it is";
    alone.sum({ tensor });
    alone.broadcast(text);
    alone.finish();
    EXPECT_TRUE(tensor.equal(at::arange(5)));
    EXPECT_EQ(text, "as it is");
    EXPECT_EQ(alone.sum(2.5), 2.5);
    EXPECT_EQ(alone.size(), 1);
    EXPECT_TRUE(alone.is_rank0());
}

/// Where this machine listens on a port, in the hexadecimal words of /proc/net.
std::vector<std::string> listening_at(int port)
{
    char number[8];
    std::snprintf(number, sizeof number, ":%04X", port);
    std::vector<std::string> addresses;
    for (const char* table : { "/proc/net/tcp", "/proc/net/tcp6" }) {
        std::ifstream lines(table);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string row, local, remote, state;
            words >> row >> local >> remote >> state;
            if (state == "0A" && local.size() > 5 && local.substr(local.size() - 5) == number)
                addresses.push_back(local.substr(0, local.size() - 5));
        }
    }
    return addresses;
}

TEST(ProcessGroup, OfOneMachineIsReachedFromNoOther)
{
    for (const char* address : { "127.0.0.1", "localhost" }) {
        int port = 0;
        const Errors errors = test::in_processes(
            2,
            [&](ProcessGroup& group) {
                if (group.is_rank0()) {
                    const auto addresses = listening_at(port);
                    ASSERT_EQ(addresses.size(), 1u);
                    EXPECT_TRUE(addresses[0] == "0100007F" || addresses[0] == "00000000000000000000000001000000")
                        << addresses[0];
                }
                EXPECT_EQ(group.sum(1.0), 2.0);
                group.finish();
            },
            [&](ProcessPlace& place) {
                place.address = address;
                if (place.rank == 0)
                    port = place.port;
            });
        EXPECT_EQ(errors, Errors(2));
    }
}

TEST(KeyStore, KeepsCountsComparesAndWaits)
{
    const auto port = static_cast<std::uint16_t>(test::free_port());
    const std::chrono::milliseconds timeout(2000);
    KeyStore leader("127.0.0.1", port, true, timeout), other("127.0.0.1", port, false, timeout);
    using Bytes = std::vector<std::uint8_t>;
    const Bytes zeros(100000, 0), one = { 1 }, two = { 2 };
    leader.set("zeros", zeros);
    EXPECT_EQ(other.get("zeros"), zeros);
    EXPECT_EQ(other.add("count", 3), 3);
    EXPECT_EQ(leader.add("count", -1), 2);
    EXPECT_FALSE(leader.check({ "zeros", "later" }));
    EXPECT_EQ(other.compareSet("new", {}, one), one);
    EXPECT_EQ(leader.compareSet("new", two, two), one); // it is not two
    EXPECT_EQ(leader.compareSet("new", one, two), two);
    EXPECT_THROW(other.wait({ "later" }, std::chrono::milliseconds(20)), std::exception);
    std::thread setter([&] { other.set("later", one); });
    leader.wait({ "zeros", "later" }, timeout);
    setter.join();
    EXPECT_EQ(leader.getNumKeys(), 4);
    EXPECT_TRUE(leader.deleteKey("new"));
    EXPECT_FALSE(other.deleteKey("new"));
}

TEST(KeyStore, WhoeverSpeaksAnotherLanguageIsLeftAndTheOthersGoOn)
{
    const auto port = static_cast<std::uint16_t>(test::free_port());
    KeyStore leader("127.0.0.1", port, true, std::chrono::milliseconds(2000));
    for (const std::string& text : { std::string("GET / HTTP/1.1\r\n\r\n"), std::string(64, '\xff'),
                                    std::string("\0\0\0\1\0\0\0\3get", 11), std::string("\0\0\0\0", 4) }) {
        const int stranger = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        ASSERT_EQ(::connect(stranger, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ASSERT_EQ(::send(stranger, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
        char byte = 0;
        EXPECT_LE(::recv(stranger, &byte, 1, 0), 0); // the connection is closed
        ::close(stranger);
        EXPECT_EQ(leader.add("alive", 0), 0);
    }
}

TEST(KeyStore, ItsEndIsNoticedAtOnce)
{
    const auto port = static_cast<std::uint16_t>(test::free_port());
    const std::chrono::milliseconds long_time(60000);
    auto leader = std::make_unique<KeyStore>("127.0.0.1", port, true, long_time);
    KeyStore other("127.0.0.1", port, false, long_time);
    std::thread ending([&] { leader.reset(); });
    EXPECT_THROW(other.wait({ "never" }, long_time), std::exception);
    ending.join();
    EXPECT_THROW(other.set("a", {}), std::exception);
}

TEST(ProcessGroup, SumsAndBroadcastsArePlainOnes)
{
    const Errors errors = test::in_processes(3, [](ProcessGroup& group) {
        const double rank = group.rank();
        // The second is not contiguous, the third is empty.
        const at::Tensor a = at::full({ 1013 }, rank + 1.0), c = at::empty({ 0 });
        at::Tensor b = at::full({ 3, 5 }, rank, at::kDouble).t();
        group.sum({ a, b, c });
        EXPECT_TRUE(a.equal(at::full({ 1013 }, 6.0)));
        EXPECT_TRUE(b.equal(at::full({ 5, 3 }, 3.0, at::kDouble)));
        EXPECT_EQ(group.sum(0.1 * rank), 0.1 + 0.2);
        for (const std::size_t size : { 0u, 1u, 1000003u }) {
            const std::string sent(size, 'x');
            std::string text = group.is_rank0() ? sent : "something else";
            group.broadcast(text);
            EXPECT_EQ(text == sent, true) << size;
        }
        group.finish();
    });
    EXPECT_EQ(errors, Errors(3));
}

TEST(ProcessGroup, NamesTheProcessThatIsLost)
{
    for (const int lost : { 0, 2 }) {
        const Errors errors = test::in_processes(
            4,
            [&](ProcessGroup& group) {
                group.sum(1.0);
                if (group.rank() == lost)
                    return;
                group.sum(1.0);
            },
            [](ProcessPlace& place) { place.timeout_s = 20; }); // noticed at once, not then
        const std::string name = "lost process " + std::to_string(lost) + " of 4 (";
        for (std::size_t rank = 0; rank < 4; ++rank)
            if (static_cast<int>(rank) == lost)
                EXPECT_EQ(errors[rank], "");
            else
                EXPECT_EQ(errors[rank].substr(0, name.size()), name) << rank;
    }
}

TEST(ProcessGroup, NamesTheProcessThatDoesNotAnswer)
{
    const Errors errors = test::in_processes(3, [](ProcessGroup& group) {
        if (group.rank() == 1)
            std::this_thread::sleep_for(std::chrono::milliseconds(3500));
        group.sum(1.0);
    });
    for (const std::size_t rank : { 0u, 2u })
        EXPECT_EQ(errors[rank].substr(0, 19), "lost process 1 of 3") << errors[rank];
    EXPECT_NE(errors[1], "");
}

TEST(ProcessGroup, WaitsForTheLeadersLongWork)
{
    const Errors errors = test::in_processes(
        2,
        [](ProcessGroup& group) {
            std::string plan;
            if (group.is_rank0()) {
                std::this_thread::sleep_for(std::chrono::milliseconds(700));
                plan = "made";
            }
            group.broadcast(plan);
            EXPECT_EQ(plan, "made");
            group.finish();
        },
        [](ProcessPlace& place) { place.timeout_s = 0.3; });
    EXPECT_EQ(errors, Errors(2));
}

TEST(ProcessGroup, RefusesProcessesThatDoNotBelongTogether)
{
    Errors errors = test::in_processes(
        3, [](ProcessGroup&) {},
        [](ProcessPlace& place) {
            place.rank = std::min(place.rank, 1);
            place.timeout_s = 0.3;
        });
    EXPECT_TRUE(errors[1].find("RANK: two processes have the same rank") == 0 ||
                errors[2].find("RANK: two processes have the same rank") == 0)
        << errors[1] << errors[2];

    errors = test::in_processes(
        2, [](ProcessGroup&) {},
        [](ProcessPlace& place) {
            place.size += place.rank;
            place.timeout_s = 0.3;
        });
    EXPECT_EQ(errors[1], "WORLD_SIZE: the processes disagree: found 3, expected 2, as process 0 has");

    errors = test::in_processes(
        2, [](ProcessGroup&) {},
        [](ProcessPlace& place) {
            place.rank = 1; // nobody leads
            place.timeout_s = 0.1;
        });
    EXPECT_NE(errors[0].find("process 0 does not answer"), std::string::npos) << errors[0];

    errors = test::in_processes(
        2, [](ProcessGroup&) {}, [](ProcessPlace& place) { place.address = "no-such-machine.invalid"; });
    EXPECT_EQ(errors[0].substr(0, 28), "MASTER_ADDR: unknown machine") << errors[0];
}

TEST(DataParallel, EveryProcessHasTheLeadersNetwork)
{
    const graph::Network network = test::tiny_network();
    const Errors errors = test::in_processes(2, [&](ProcessGroup& group) {
        const graph::Network got = network_of_rank0(group.is_rank0() ? network : graph::Network(), group);
        EXPECT_EQ(graph::to_json(got), graph::to_json(network));
        ASSERT_EQ(got.tensors.size(), network.tensors.size());
        for (const auto& [name, tensor] : network.tensors) {
            EXPECT_EQ(got.tensor(name).shape, tensor.shape) << name;
            EXPECT_EQ(got.tensor(name).data, tensor.data) << name;
        }
        group.finish();
    });
    EXPECT_EQ(errors, Errors(2));
}

TEST(DataParallel, AnotherRunIsRefused)
{
    const Errors errors = test::in_processes(2, [](ProcessGroup& group) {
        check_same_run({ { "seed", 1 }, { "batch", group.is_rank0() ? 8 : 16 } }, group);
    });
    EXPECT_EQ(errors[1],
              "process 1 was started for another run: batch differs: found 16, expected 8, as process 0 has");
}

} // namespace
} // namespace prunedamr::train
