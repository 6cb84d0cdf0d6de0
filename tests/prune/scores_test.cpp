// SPDX-License-Identifier: GPL-3.0-or-later
// Training-free scores against a tiny network written out in doubles, its derivatives by finite differences.
#include "prunedamr/prune/psr/scores.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/prune/psr/psr.h"
#include "prunedamr/prune/psr/selection.h"
#include "prunedamr/train/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace prunedamr::prune {
namespace {

using graph::Op;
using Values = std::vector<double>;

constexpr int kFrames = 5, kLength = 16, kChannels = 4, kClasses = 3, kTaps = 3;

/// conv (3 taps, 2 -> 4, padded) -> batch norm -> relu -> mean -> linear.
graph::Network tiny_network()
{
    graph::Network network;
    network.length = kLength;
    graph::NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    x = build.conv("conv", x, { kChannels, graph::same_window(1, kTaps), 1, false });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    x = build.plain(Op::global_avg_pool, "pool", { x });
    build.linear("fc", build.dropout("drop", x, 0.5), kClasses);
    graph::initialize(network, 4);
    graph::randomize(network, 6);
    return network;
}

train::Batch noise_batch(int frames, int length, int classes)
{
    Rng rng(3);
    train::Batch batch{ at::empty({ frames, 2, length }), at::empty({ frames }, at::kLong) };
    for (int i = 0; i < batch.frames.numel(); ++i)
        batch.frames.data_ptr<float>()[i] = static_cast<float>(rng.normal());
    for (int i = 0; i < frames; ++i)
        batch.labels.data_ptr<std::int64_t>()[i] = i % classes;
    return batch;
}

/// The tiny network by hand; everything that a derivative is taken by can be changed.
struct Plain {
    std::map<std::string, Values> t;
    Values frames;
    Values conv_offset = Values(kFrames * kChannels * kLength, 0.0); ///< added to the conv's output
    Values logit_offset = Values(kFrames * kClasses, 0.0);
    Values conv_out, relu_in, logits;

    Plain(const graph::Network& network, const train::Batch& batch)
        : frames(batch.frames.data_ptr<float>(), batch.frames.data_ptr<float>() + batch.frames.numel())
    {
        for (const auto& [name, tensor] : network.tensors)
            t[name] = { tensor.data.begin(), tensor.data.end() };
    }

    static std::size_t at(int n, int c, int x) { return (n * kChannels + c) * kLength + x; }

    void convolve()
    {
        conv_out = conv_offset;
        for (int n = 0; n < kFrames; ++n)
            for (int c = 0; c < kChannels; ++c)
                for (int x = 0; x < kLength; ++x)
                    for (int in = 0; in < 2; ++in)
                        for (int k = 0; k < kTaps; ++k)
                            if (x + k - 1 >= 0 && x + k - 1 < kLength)
                                conv_out[at(n, c, x)] += t["conv.weight"][(c * 2 + in) * kTaps + k] *
                                                         frames[(n * 2 + in) * kLength + x + k - 1];
    }

    void normalize()
    {
        relu_in = conv_out;
        for (int c = 0; c < kChannels; ++c) {
            double mean = 0.0, variance = 0.0;
            for (int i = 0; i < kFrames * kLength; ++i)
                mean += conv_out[at(i / kLength, c, i % kLength)] / (kFrames * kLength);
            for (int i = 0; i < kFrames * kLength; ++i)
                variance += std::pow(conv_out[at(i / kLength, c, i % kLength)] - mean, 2) / (kFrames * kLength);
            for (int i = 0; i < kFrames * kLength; ++i) {
                double& value = relu_in[at(i / kLength, c, i % kLength)];
                value = (value - mean) / std::sqrt(variance + 1e-5) * t["bn.weight"][c] + t["bn.bias"][c];
            }
        }
    }

    void run()
    {
        convolve();
        normalize();
        logits = logit_offset;
        for (int n = 0; n < kFrames; ++n)
            for (int label = 0; label < kClasses; ++label) {
                double& logit = logits[n * kClasses + label];
                logit += t["fc.bias"][label];
                for (int c = 0; c < kChannels; ++c)
                    for (int x = 0; x < kLength; ++x)
                        logit +=
                            t["fc.weight"][label * kChannels + c] * std::max(0.0, relu_in[at(n, c, x)]) / kLength;
            }
    }

    /// Sum of cross-entropies; the label of frame n is n modulo the classes.
    double loss()
    {
        run();
        double sum = 0.0;
        for (int n = 0; n < kFrames; ++n) {
            double total = 0.0;
            for (int label = 0; label < kClasses; ++label)
                total += std::exp(logits[n * kClasses + label]);
            sum += std::log(total) - logits[n * kClasses + n % kClasses];
        }
        return sum;
    }

    Values gradient(Values& by, const std::function<double()>& of)
    {
        Values result;
        for (double& value : by) {
            const double present = value;
            value = present + 1e-5;
            const double above = of();
            value = present - 1e-5;
            result.push_back((above - of()) / 2e-5);
            value = present;
        }
        return result;
    }
    Values loss_gradient(Values& by)
    {
        return gradient(by, [this] { return loss(); });
    }
};

/// Eigenvalues of a symmetric matrix by Jacobi rotations.
Values eigenvalues(std::vector<Values> a)
{
    const int n = static_cast<int>(a.size());
    for (int sweep = 0; sweep < 50; ++sweep)
        for (int p = 0; p < n; ++p)
            for (int q = p + 1; q < n; ++q) {
                if (std::abs(a[p][q]) < 1e-15)
                    continue;
                const double angle = 0.5 * std::atan2(2.0 * a[p][q], a[q][q] - a[p][p]);
                const double c = std::cos(angle), s = std::sin(angle);
                for (int k = 0; k < n; ++k) {
                    const double u = a[k][p], v = a[k][q];
                    a[k][p] = c * u - s * v;
                    a[k][q] = s * u + c * v;
                }
                for (int k = 0; k < n; ++k) {
                    const double u = a[p][k], v = a[q][k];
                    a[p][k] = c * u - s * v;
                    a[q][k] = s * u + c * v;
                }
            }
    Values values;
    for (int i = 0; i < n; ++i)
        values.push_back(a[i][i]);
    return values;
}

double correlation(const double* a, const double* b, int count)
{
    double mean_a = 0.0, mean_b = 0.0, ab = 0.0, aa = 0.0, bb = 0.0;
    for (int i = 0; i < count; ++i) {
        mean_a += a[i] / count;
        mean_b += b[i] / count;
    }
    for (int i = 0; i < count; ++i) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return ab / std::sqrt(aa * bb);
}

double score(const std::string& name, const graph::Network& network, const train::Batch& batch)
{
    return training_free_score(name).of(network, batch, "cpu");
}

struct Tiny {
    graph::Network network = tiny_network();
    train::Batch batch = noise_batch(kFrames, kLength, kClasses);
    Plain plain{ network, batch };
};

} // namespace

TEST(Scores, GradNormIsTheNormOfFiniteDifferences)
{
    Tiny tiny;
    double expected = 0.0;
    for (const char* name : { "conv.weight", "fc.weight" }) {
        double square = 0.0;
        for (const double slope : tiny.plain.loss_gradient(tiny.plain.t[name]))
            square += std::pow(slope / kFrames, 2);
        expected += std::sqrt(square);
    }
    EXPECT_NEAR(score("grad_norm", tiny.network, tiny.batch) / expected, 1.0, 1e-6);
}

TEST(Scores, SnipIsWeightTimesFiniteDifference)
{
    Tiny tiny;
    double expected = 0.0;
    for (const char* name : { "conv.weight", "fc.weight" }) {
        const Values slopes = tiny.plain.loss_gradient(tiny.plain.t[name]);
        for (std::size_t i = 0; i < slopes.size(); ++i)
            expected += std::abs(tiny.plain.t[name][i] * slopes[i]) / kFrames;
    }
    EXPECT_NEAR(score("snip", tiny.network, tiny.batch) / expected, 1.0, 1e-6);
}

TEST(Scores, FisherIsActivationTimesFiniteDifference)
{
    Tiny tiny;
    Plain& plain = tiny.plain;
    const Values by_conv = plain.loss_gradient(plain.conv_offset),
                 by_logit = plain.loss_gradient(plain.logit_offset);
    plain.run();
    double expected = 0.0;
    for (int n = 0; n < kFrames; ++n) {
        for (int c = 0; c < kChannels; ++c) {
            double sum = 0.0;
            for (int x = 0; x < kLength; ++x)
                sum += plain.conv_out[Plain::at(n, c, x)] * by_conv[Plain::at(n, c, x)];
            expected += sum * sum / (2.0 * kFrames);
        }
        for (int label = 0; label < kClasses; ++label)
            expected +=
                std::pow(plain.logits[n * kClasses + label] * by_logit[n * kClasses + label], 2) / (2.0 * kFrames);
    }
    EXPECT_NEAR(score("fisher", tiny.network, tiny.batch) / expected, 1.0, 1e-6);
}

TEST(Scores, NaswotIsTheDeterminantOfAgreements)
{
    Tiny tiny;
    tiny.plain.run();
    std::vector<Values> kernel(kFrames, Values(kFrames, 0.0));
    for (int i = 0; i < kFrames; ++i)
        for (int j = 0; j < kFrames; ++j)
            for (int unit = 0; unit < kChannels * kLength; ++unit)
                kernel[i][j] += (tiny.plain.relu_in[Plain::at(i, 0, unit)] > 0.0) ==
                                        (tiny.plain.relu_in[Plain::at(j, 0, unit)] > 0.0)
                                    ? 1.0
                                    : 0.0;
    double expected = 0.0;
    for (const double value : eigenvalues(kernel))
        expected += std::log(value);
    EXPECT_NEAR(score("naswot", tiny.network, tiny.batch), expected, 1e-9);
}

TEST(Scores, JacovIsThatOfFiniteDifferences)
{
    Tiny tiny;
    const Values jacobian = tiny.plain.gradient(tiny.plain.frames, [&] {
        tiny.plain.run();
        double sum = 0.0;
        for (const double logit : tiny.plain.logits)
            sum += logit;
        return sum;
    });
    constexpr int kRow = 2 * kLength;
    std::vector<Values> matrix(kFrames, Values(kFrames, 1.0));
    for (int i = 0; i < kFrames; ++i)
        for (int j = 0; j < kFrames; ++j)
            matrix[i][j] = correlation(&jacobian[i * kRow], &jacobian[j * kRow], kRow);
    double expected = 0.0;
    for (const double value : eigenvalues(matrix))
        expected -= std::log(value + 1e-5) + 1.0 / (value + 1e-5);
    EXPECT_NEAR(score("jacov", tiny.network, tiny.batch) / expected, 1.0, 1e-5);
}

TEST(Scores, AreFiniteAndRepeatableOnRealShapes)
{
    const auto network = toy_network({ 1, 2, 1, 1 }, "amr_s");
    const auto batch = noise_batch(8, kToyLength, kToyClasses);
    for (const TrainingFreeScore& each : training_free_scores()) {
        const double once = each.of(network, batch, "cpu");
        EXPECT_TRUE(std::isfinite(once)) << each.name;
        EXPECT_EQ(each.of(network, batch, "cpu"), once) << each.name << ": chance took part";
    }
}

TEST(Scores, EqualFramesAreTheWorstForThoseThatTellFramesApart)
{
    Tiny tiny;
    const double apart = score("naswot", tiny.network, tiny.batch);
    tiny.batch.frames[1] = tiny.batch.frames[0];
    EXPECT_LT(score("naswot", tiny.network, tiny.batch), apart - 20.0); // minus infinity but for rounding
    EXPECT_LT(score("jacov", tiny.network, tiny.batch), -1e4);          // an eigenvalue of 0 gives 1/k
}

TEST(Scores, SelectionTakesTheLargestOrTheSmallest)
{
    constexpr std::uint64_t kSeed = 11;
    const auto network = toy_network({ 2, 2, 1 });
    const auto batch = std::make_shared<const train::Batch>(noise_batch(8, kToyLength, kToyClasses));
    for (const TrainingFreeScore& each : training_free_scores()) {
        Values by_unit;
        for (const graph::Unit& unit : network.units) {
            graph::Network copy = network;
            graph::initialize(copy, fresh_seed(kSeed));
            for (const auto& [name, tensor] : network.tensors)
                if (name.rfind(unit.name + ".", 0) == 0)
                    copy.tensors[name] = tensor;
            by_unit.push_back(each.of(copy, *batch, "cpu"));
        }
        const auto best = each.largest ? std::max_element(by_unit.begin(), by_unit.end())
                                       : std::min_element(by_unit.begin(), by_unit.end());
        Selection selection(network, { false, kSeed, "cpu", each.name, batch });
        const auto choice = selection.choose({ 6 }, { 1 }).at(0);
        EXPECT_EQ(choice.kept, std::vector<int>{ static_cast<int>(best - by_unit.begin()) }) << each.name;
        EXPECT_EQ(choice.score, *best) << each.name;
    }
}

TEST(Scores, UnknownNamesAreRefused)
{
    EXPECT_ERROR(training_free_score("magic"),
                 "unknown score: found magic, expected synflow, grad_norm, snip, fisher, naswot, jacov");
}

} // namespace prunedamr::prune
