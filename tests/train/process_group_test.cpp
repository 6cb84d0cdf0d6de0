// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_json.h"
#include "prunedamr/train/process_group.h"

#include "prunedamr/train/data_parallel.h"
#include "tests/train/several_processes.h"

#include "tests/nn/test_networks.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

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
