// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/checkpoint.h"

#include "prunedamr/base/file.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/train/fit.h"
#include "tests/support/expect_error.h"
#include "tests/support/wait_for_file.h"
#include "tests/train/toy_data.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace prunedamr;
using test::expect_error;
using test::expect_same_weights;

namespace {

train::FitConfig with_checkpoint(int epochs, const std::string& path)
{
    train::FitConfig config;
    config.epochs = epochs;
    config.batch = 16;
    config.threads = 1;
    config.step_epochs = 2;
    config.checkpoint = path;
    config.resume = true;
    return config;
}

/// Sends SIGINT as soon as fit has its guard and the first checkpoint is there.
std::thread interrupt_after_first_checkpoint(const std::string& path)
{
    return std::thread([path] {
        test::wait_for_file(path);
        std::raise(SIGINT);
    });
}

} // namespace

TEST(Checkpoint, ResumedRunGivesTheSameBits)
{
    const dataset::Dataset dataset = test::tones(40, 1.5);
    const test::TemporaryFile file("resume.ckpt");
    const graph::Network network = test::tiny_network();
    train::fit(network, dataset, with_checkpoint(3, file.path()));
    const auto resumed = train::fit(network, dataset, with_checkpoint(7, file.path()));
    train::FitConfig whole = with_checkpoint(7, "");
    const auto straight = train::fit(network, dataset, whole);
    expect_same_weights(straight.network, resumed.network);
    EXPECT_EQ(straight.best_epoch, resumed.best_epoch);
    ASSERT_EQ(resumed.epochs.size(), 7u);
    for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_EQ(straight.epochs[i].train_loss, resumed.epochs[i].train_loss);
        EXPECT_EQ(straight.epochs[i].validation_accuracy, resumed.epochs[i].validation_accuracy);
    }
}

namespace {

/// Fresh tones in three shards an epoch; all that is random in training takes part.
train::FitConfig in_shards(const std::string& path)
{
    train::FitConfig config = with_checkpoint(3, path);
    config.ema = 0.9;
    config.augment.noise = true;
    config.checkpoint_minutes = 0.0;
    config.shards_per_epoch = 3;
    config.generator = [](std::uint64_t shard) { return test::tones(40, 1.5, 1000 + shard); };
    return config;
}

/// Trains in a process of its own, which SIGKILL ends once it has read shard `last`; returns how it ended.
int killed_in_shard(const graph::Network& network, const dataset::Dataset& dataset, train::FitConfig config,
                    std::uint64_t last)
{
    const pid_t child = fork();
    if (child == 0) {
        const auto make = config.generator;
        config.generator = [make, last](std::uint64_t shard) {
            if (shard > last) // it is made while the one before is trained on
                raise(SIGKILL);
            return make(shard);
        };
        train::fit(network, dataset, config);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

} // namespace

TEST(Checkpoint, KilledWithinAnEpochItGoesOnToTheSameBits)
{
    const dataset::Dataset dataset = test::tones(40, 1.5);
    const graph::Network network = test::network_with_dropout();
    const test::TemporaryFile file("killed.ckpt");
    const auto config = in_shards(file.path());
    for (const std::uint64_t shard : { 1, 5 }) {
        ASSERT_EQ(killed_in_shard(network, dataset, config, shard), SIGKILL);
        const auto left = train::read_checkpoint(file.path(), train::fingerprint(network, dataset, config));
        EXPECT_EQ(left.epochs.size(), shard / 3);
        EXPECT_GT(left.position.frames, 0);
    }
    const auto resumed = train::fit(network, dataset, config);
    const auto straight = train::fit(network, dataset, in_shards(""));
    expect_same_weights(straight.network, resumed.network);
    ASSERT_EQ(resumed.epochs.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(straight.epochs[i].train_loss, resumed.epochs[i].train_loss);
        EXPECT_EQ(straight.epochs[i].train_accuracy, resumed.epochs[i].train_accuracy);
        EXPECT_EQ(straight.epochs[i].validation_accuracy, resumed.epochs[i].validation_accuracy);
    }
}

TEST(Checkpoint, FinishedRunReturnsAtOnce)
{
    const dataset::Dataset dataset = test::tones(20);
    const test::TemporaryFile file("finished.ckpt");
    const auto first = train::fit(test::tiny_network(), dataset, with_checkpoint(2, file.path()));
    const auto again = train::fit(test::tiny_network(), dataset, with_checkpoint(2, file.path()));
    expect_same_weights(first.network, again.network);
    EXPECT_EQ(again.epochs.size(), 2u);
    EXPECT_EQ(again.frames_per_s, 0.0);
}

TEST(Checkpoint, InterruptLeavesOneThatGoesOnToTheSameBits)
{
    const dataset::Dataset dataset = test::tones(400, 1.5);
    const test::TemporaryFile file("interrupt.ckpt");
    const graph::Network network = test::tiny_network();
    std::thread signaler = interrupt_after_first_checkpoint(file.path());
    const auto stopped = train::fit(network, dataset, with_checkpoint(1000, file.path()));
    signaler.join();
    EXPECT_TRUE(stopped.interrupted);
    EXPECT_EQ(interrupt_signal(), SIGINT);
    EXPECT_LT(stopped.epochs.size(), 1000u);
    const int epochs = static_cast<int>(stopped.epochs.size()) + 2;
    const auto resumed = train::fit(network, dataset, with_checkpoint(epochs, file.path()));
    EXPECT_FALSE(resumed.interrupted);
    expect_same_weights(train::fit(network, dataset, with_checkpoint(epochs, "")).network, resumed.network);
}

TEST(Checkpoint, ThatOfAnotherRunIsRefusedByName)
{
    const dataset::Dataset dataset = test::tones(20);
    const test::TemporaryFile file("foreign.ckpt");
    train::fit(test::tiny_network(), dataset, with_checkpoint(2, file.path()));
    const std::string before = read_file(file.path());
    const auto refused = [&](const graph::Network& network, const dataset::Dataset& data,
                             void (*change)(train::FitConfig&), const std::string& message) {
        train::FitConfig config = with_checkpoint(4, file.path());
        change(config);
        expect_error([&] { train::fit(network, data, config); }, message);
    };
    const auto nothing = [](train::FitConfig&) {};
    refused(
        test::tiny_network(), dataset, [](train::FitConfig& c) { c.seed = 7; },
        "checkpoint of another run: seed differs: found 1, expected 7");
    refused(
        test::tiny_network(), dataset, [](train::FitConfig& c) { c.learning_rate = 0.5; }, "learning_rate differs");
    refused(
        test::tiny_network(), dataset, [](train::FitConfig& c) { c.schedule = "cosine"; }, "another run");
    refused(test::every_operation_network(), dataset, nothing, "does not fit");
    graph::Network other = test::tiny_network();
    graph::initialize(other, 77);
    refused(other, dataset, nothing, "initial weights differs");
    refused(test::tiny_network(), test::tones(21), nothing, "frames in the data set differs");
    dataset::Dataset moved = dataset;
    std::swap(moved.part[0], moved.part[12]);
    refused(test::tiny_network(), moved, nothing, "labels and split differs");
    dataset::Dataset elsewhere = dataset;
    elsewhere.provenance = R"({"seed":99})";
    refused(test::tiny_network(), elsewhere, nothing, "data provenance differs");
    EXPECT_EQ(read_file(file.path()), before);
}

TEST(Checkpoint, EveryTruncationIsRefusedInOneLine)
{
    const dataset::Dataset dataset = test::tones(10);
    const test::TemporaryFile file("truncated.ckpt");
    train::fit(test::tiny_network(), dataset, with_checkpoint(1, file.path()));
    const std::string whole = read_file(file.path());
    for (std::size_t size = 0; size < whole.size(); size += 97) {
        std::ofstream(file.path(), std::ios::binary) << whole.substr(0, size);
        expect_error([&] { train::fit(test::tiny_network(), dataset, with_checkpoint(2, file.path())); },
                     file.path());
    }
}

TEST(Checkpoint, DamagedOptimizerStateIsRefusedInOneLine)
{
    const dataset::Dataset dataset = test::tones(10);
    const test::TemporaryFile file("damaged.ckpt");
    const auto config = with_checkpoint(1, file.path());
    train::fit(test::tiny_network(), dataset, config);
    auto checkpoint =
        train::read_checkpoint(file.path(), train::fingerprint(test::tiny_network(), dataset, config));
    checkpoint.optimizer = checkpoint.optimizer.substr(0, checkpoint.optimizer.size() / 2);
    train::write_checkpoint(checkpoint, file.path());
    expect_error([&] { train::fit(test::tiny_network(), dataset, with_checkpoint(2, file.path())); },
                 "damaged checkpoint");
    std::ofstream(file.path(), std::ios::binary) << "not a checkpoint at all, but long enough for a header";
    expect_error([&] { train::fit(test::tiny_network(), dataset, with_checkpoint(2, file.path())); }, file.path());
}

TEST(Checkpoint, NonFiniteLossLeavesTheLastOne)
{
    const dataset::Dataset dataset = test::tones(40);
    const test::TemporaryFile file("nan.ckpt");
    const train::FitConfig config = with_checkpoint(3, file.path());
    const graph::Network network = test::overflowing_network();
    expect_error([&] { train::fit(network, dataset, config); }, "the loss is not finite");
    const auto kept = train::read_checkpoint(file.path(), train::fingerprint(network, dataset, config));
    EXPECT_TRUE(kept.epochs.empty());
    EXPECT_EQ(kept.weights.at("fc.weight").data, network.tensor("fc.weight").data);
}

TEST(Checkpoint, MissingFolderIsAnErrorBeforeTraining)
{
    expect_error(
        [] { train::fit(test::tiny_network(), test::tones(10), with_checkpoint(1, "/nonexistent/a.ckpt")); },
        "/nonexistent/a.ckpt");
}
