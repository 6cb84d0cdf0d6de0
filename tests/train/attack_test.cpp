// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/attack.h"

#include "tests/support/expect_error.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/augment.h"
#include "tests/train/toy_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <complex>

using namespace prunedamr;
using test::expect_error;
using train::Attack;
using train::parse_attack;

namespace {

/// A toy network that has learned the tones, so that gradients mean something.
const graph::Network& trained()
{
    static const graph::Network network = [] {
        train::FitConfig config;
        config.epochs = 16;
        config.batch = 32;
        config.learning_rate = 1e-2;
        config.threads = 1;
        return train::fit(test::tiny_network(), test::tones(100), config).network;
    }();
    return network;
}

train::Batch some_frames()
{
    const dataset::Dataset dataset = test::tones(100, 0.5, 77);
    return train::gather(dataset, dataset.indices(dataset::Split::test), 0, 60);
}

double accuracy_under(const std::string& attack)
{
    const dataset::Dataset dataset = test::tones(100, 0.5, 77);
    return train::attacked_scores(trained(), dataset, dataset.indices(dataset::Split::test), parse_attack(attack))
        .accuracy();
}

std::vector<std::complex<double>> complex_frame(const std::vector<float>& frame)
{
    std::vector<std::complex<double>> samples;
    for (std::size_t n = 0; n < frame.size() / 2; ++n)
        samples.emplace_back(frame[n], frame[frame.size() / 2 + n]);
    return samples;
}

/// Ones, 64 samples, after an impairment.
std::vector<std::complex<double>> impaired(const std::string& attack, std::uint64_t seed)
{
    FrontEndSpec front_end;
    front_end.kind = FrontEndSpec::Kind::as_is;
    front_end.frame_length = 64;
    std::vector<float> frame(128, 0.0f);
    std::fill(frame.begin(), frame.begin() + 64, 1.0f);
    train::impair(frame.data(), front_end, parse_attack(attack), Rng(seed));
    return complex_frame(frame);
}

} // namespace

TEST(Attack, IsReadAndWrittenInOneForm)
{
    for (const char* text : { "fgsm:-20dB", "pgd:-20.5dB:7", "fgsm-linf:-30dB", "pgd-linf:0dB:1", "noise:-10dB",
                              "offset:0.002", "phase-noise:-20dB" })
        EXPECT_EQ(train::to_text(parse_attack(text)), text);
    EXPECT_EQ(train::to_text(parse_attack("pgd:-20dB")), "pgd:-20dB:10");
    EXPECT_EQ(train::to_json(parse_attack("pgd-linf:-20dB:7")),
              (nlohmann::json{ { "kind", "pgd" }, { "level_db", -20.0 }, { "norm", "linf" }, { "steps", 7 } }));
    EXPECT_EQ(train::to_json(parse_attack("offset:0.01")),
              (nlohmann::json{ { "kind", "offset" }, { "offset_cycles_per_sample", 0.01 } }));
    for (const char* text : { "", "fgsm", "fgsm:", "fgsm:-20", "fgsm:-20dB:3", "pgd:-20dB:0", "pgd:-20dB:2.5",
                              "pgd:-20dB:5:1", "cw:-20dB", "noise:40dB", "offset:0.6", "offset:1dB", "fgsm:nandB" })
        expect_error([&] { parse_attack(text); }, "not an attack");
}

TEST(Attack, GradientIsThatOfFiniteDifferences)
{
    // Average pooling only and no max: smooth but for the ReLU; a small step seldom crosses its corner.
    nn::GraphModule module(trained());
    module.eval();
    module.to(at::kCPU, at::kDouble);
    const train::Batch batch = some_frames();
    const at::Tensor frames = batch.frames.slice(0, 0, 4).to(at::kDouble);
    const at::Tensor labels = batch.labels.slice(0, 0, 4);
    const at::Tensor gradient = train::input_gradient(module, frames, labels);
    const auto loss = [&](const at::Tensor& x) {
        return at::nll_loss(at::log_softmax(module.forward(x), 1), labels, {}, at::Reduction::Sum)
            .item<double>();
    };
    const double step = 1e-6;
    int compared = 0;
    for (int b = 0; b < 4; ++b)
        for (const int n : { 0, 7, 31 })
            for (int branch = 0; branch < 2; ++branch) {
                at::Tensor up = frames.clone(), down = frames.clone();
                up[b][branch][n] += step;
                down[b][branch][n] -= step;
                EXPECT_NEAR(gradient[b][branch][n].item<double>(), (loss(up) - loss(down)) / (2 * step), 1e-6);
                ++compared;
            }
    EXPECT_EQ(compared, 24);
    EXPECT_GT(gradient.abs().max().item<double>(), 1e-5);
}

TEST(Attack, GradientPassesWhereTrainingStopsIt)
{
    graph::Network network = trained();
    graph::Node stop = test::make_node("stop", graph::Op::detach, { network.nodes.back().inputs[0] });
    network.nodes.back().inputs = { "stop" };
    network.nodes.insert(network.nodes.end() - 1, stop);
    nn::GraphModule module(train::without_detach(network)), plain(trained());
    module.eval();
    plain.eval();
    const train::Batch batch = some_frames();
    EXPECT_TRUE(at::equal(train::input_gradient(module, batch.frames, batch.labels),
                             train::input_gradient(plain, batch.frames, batch.labels)));
}

TEST(Attack, KeepsItsBound)
{
    nn::GraphModule module(trained());
    module.eval();
    const train::Batch batch = some_frames();
    for (const char* text :
         { "fgsm:-20dB", "pgd:-20dB:5", "fgsm:-7dB", "pgd:-7dB:5", "fgsm-linf:-20dB", "pgd-linf:-20dB:5" }) {
        const Attack attack = parse_attack(text);
        const at::Tensor change = train::attacked(module, batch.frames, batch.labels, attack) - batch.frames;
        const at::Tensor power = batch.frames.square().sum({ 1, 2 }) / 32;
        const double ratio = std::pow(10.0, 0.1 * attack.level_db);
        const at::Tensor fraction = attack.norm == Attack::Norm::l2
                                        ? change.square().sum({ 1, 2 }) / 32 / (power * ratio)
                                        : change.abs().amax({ 1, 2 }).square() / (0.5 * power * ratio);
        EXPECT_LE(fraction.max().item<double>(), 1.001) << text;
        if (attack.kind == Attack::Kind::fgsm) {
            EXPECT_NEAR(fraction.min().item<double>(), 1.0, 0.001) << text; // it uses all of it
        }
        EXPECT_GT(change.abs().max().item<double>(), 0.0);
    }
}

TEST(Attack, PgdIsNeverWeakerThanFgsmAndMoreLevelIsStronger)
{
    const dataset::Dataset dataset = test::tones(100, 0.5, 77);
    const double clean = train::evaluate(trained(), dataset, dataset::Split::test).accuracy();
    EXPECT_GT(clean, 0.95);
    for (const char* norm : { "", "-linf" }) {
        double previous = clean;
        for (const int level : { -30, -20, -10, -5 }) {
            const std::string bound = std::string(norm) + ":" + std::to_string(level) + "dB";
            const double fgsm = accuracy_under("fgsm" + bound), pgd = accuracy_under("pgd" + bound + ":8");
            EXPECT_LE(pgd, fgsm) << bound;
            EXPECT_LE(pgd, previous + 0.02) << bound;
            previous = pgd;
        }
        EXPECT_LT(previous, 0.7 * clean) << "at -5 dB the toy network must fall";
    }
}

TEST(Attack, RandomNoiseOfTheSameLevelHarmsLess)
{
    EXPECT_GT(accuracy_under("noise:-5dB"), accuracy_under("fgsm:-5dB") + 0.2);
    EXPECT_GT(accuracy_under("noise:-40dB"), 0.95);
}

TEST(Impairment, NoiseHasItsLevelAndTheScaleIsRestored)
{
    double noise = 0.0, power = 0.0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const auto x = impaired("noise:-10dB", seed);
        std::complex<double> mean = 0.0;
        for (const auto& sample : x) {
            mean += sample / 64.0;
            power += std::norm(sample) / 64 / 200;
        }
        for (const auto& sample : x)
            noise += std::norm(sample / mean - 1.0) / 63 / 200;
    }
    EXPECT_NEAR(noise, 0.1, 0.01);
    EXPECT_NEAR(power, 1.0, 0.002);
}

TEST(Impairment, OffsetTurnsEvenlyEitherWay)
{
    int up = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const auto x = impaired("offset:0.01", seed);
        const double sign = x[1].imag() > 0 ? 1 : -1;
        up += sign > 0;
        for (int n = 0; n < 64; ++n)
            EXPECT_NEAR(std::abs(x[static_cast<std::size_t>(n)] - std::polar(1.0, sign * 2 * M_PI * 0.01 * n)), 0.0,
                        1e-5);
    }
    EXPECT_NEAR(up, 20, 12);
}

TEST(Impairment, PhaseNoiseHasItsMeanSquare)
{
    double square = 0.0;
    const int trials = 2000;
    for (std::uint64_t seed = 0; seed < trials; ++seed)
        for (const auto& sample : impaired("phase-noise:-20dB", seed)) {
            EXPECT_NEAR(std::abs(sample), 1.0, 1e-5);
            square += std::pow(std::arg(sample), 2) / 64 / trials;
        }
    EXPECT_NEAR(square, 0.01, 0.001);
}

TEST(Attack, RefusesNoFramesAndFramesThatDoNotFit)
{
    const dataset::Dataset dataset = test::tones(10);
    expect_error([&] { train::attacked_scores(trained(), dataset, {}, {}); }, "no frames to attack");
    expect_error([&] { train::attacked_scores(test::tiny_network(64), dataset, { 0 }, {}); },
                 "frame length differs");
}

TEST(Attack, NoiseOfAFrameDoesNotDependOnTheOthers)
{
    const dataset::Dataset dataset = test::tones(100, 1.0, 77);
    const auto indices = dataset.indices(dataset::Split::test);
    const Attack attack = parse_attack("noise:0dB");
    const auto batch_of = [&](int batch) {
        return train::attacked_scores(trained(), dataset, indices, attack, 1, batch).confusion();
    };
    EXPECT_EQ(batch_of(7), batch_of(256));
}
