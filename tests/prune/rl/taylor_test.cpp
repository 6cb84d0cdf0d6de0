// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_json.h"
#include "prunedamr/prune/rl/taylor.h"

#include "tests/prune/rl/rl_testing.h"

#include "prunedamr/graph/network_builder.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace prunedamr::prune::rl {
namespace {

constexpr int kHidden = 3;

/// h = W mean_t(x), z = V h + b.
graph::Network linear_net()
{
    graph::Network network = toy_network({ 1, 1, 1 });
    network.nodes.clear();
    network.tensors.clear();
    network.units.clear();
    graph::NetworkBuilder build(network);
    auto x = build.plain(graph::Op::input, "input", {});
    x = build.conv("conv", x, { kHidden, graph::same_window(1, 1), 1, false });
    x = build.plain(graph::Op::global_avg_pool, "pool", { x });
    build.linear("fc", x, kToyClasses);
    graph::initialize(network, 4);
    graph::randomize(network, 4);
    graph::validate(network);
    return network;
}

/// Scores of conv and fc written out: dL/dz = softmax - one-hot, averaged over the frames.
FilterScores linear_scores(const graph::Network& network, const dataset::Dataset& dataset,
                           const std::vector<std::int64_t>& indices)
{
    const auto& w = network.tensor("conv.weight").data;
    const auto& v = network.tensor("fc.weight").data;
    const auto& b = network.tensor("fc.bias").data;
    std::vector<double> dw(w.size(), 0.0), dv(v.size(), 0.0);
    for (const std::int64_t index : indices) {
        double mean[2] = {}, h[kHidden] = {}, z[kToyClasses] = {}, sum = 0.0;
        for (int i = 0; i < 2; ++i)
            for (int t = 0; t < kToyLength; ++t)
                mean[i] += dataset.frame(index)[i * kToyLength + t] / double{ kToyLength };
        for (int c = 0; c < kHidden; ++c)
            h[c] = w[2 * c] * mean[0] + w[2 * c + 1] * mean[1];
        for (int k = 0; k < kToyClasses; ++k) {
            z[k] = b[k];
            for (int c = 0; c < kHidden; ++c)
                z[k] += v[kHidden * k + c] * h[c];
            sum += std::exp(z[k]);
        }
        for (int k = 0; k < kToyClasses; ++k) {
            const double dz = (std::exp(z[k]) / sum - (dataset.label[index] == k ? 1.0 : 0.0)) /
                              static_cast<double>(indices.size());
            for (int c = 0; c < kHidden; ++c) {
                dv[kHidden * k + c] += dz * h[c];
                for (int i = 0; i < 2; ++i)
                    dw[2 * c + i] += dz * v[kHidden * k + c] * mean[i];
            }
        }
    }
    FilterScores scores{ { "conv", std::vector<double>(kHidden) }, { "fc", std::vector<double>(kToyClasses) } };
    for (std::size_t i = 0; i < w.size(); ++i)
        scores["conv"][i / 2] += std::abs(w[i] * dw[i]);
    for (std::size_t i = 0; i < v.size(); ++i)
        scores["fc"][i / kHidden] += std::abs(v[i] * dv[i]);
    return scores;
}

double cross_entropy_of(const graph::Network& network, const dataset::Dataset& dataset,
               const std::vector<std::int64_t>& indices)
{
    const at::NoGradGuard no_grad;
    nn::GraphModule module(network);
    module.to(at::kCPU, at::kDouble);
    module.eval();
    const auto batch = train::gather(dataset, indices, 0, indices.size());
    return at::cross_entropy_loss(module.forward(batch.frames.to(at::kDouble)), batch.labels)
        .item<double>();
}

} // namespace

TEST(RlTaylor, IsTheWrittenOutScoreOfALinearNetwork)
{
    const auto network = linear_net();
    const auto dataset = toy_dataset(400);
    const auto indices = dataset.indices(dataset::Split::train); // more than one batch
    const auto expected = linear_scores(network, dataset, indices);
    const auto got = taylor_scores(network, dataset, indices, "cpu");
    ASSERT_EQ(got.size(), 2U);
    for (const auto& [node, scores] : expected)
        for (std::size_t c = 0; c < scores.size(); ++c)
            EXPECT_NEAR(got.at(node)[c] / scores[c], 1.0, 1e-3) << node << " " << c;
}

TEST(RlTaylor, IsTheLossDifferenceOfScaledWeights)
{
    // w dL/dw is the derivative of the loss by the logarithm of the weight.
    const auto network = graph::concat_net();
    const auto dataset = noise_dataset(network, 40);
    const auto indices = dataset.indices(dataset::Split::train);
    const auto scores = taylor_scores(network, dataset, indices, "cpu");
    for (const char* node : { "left", "merge", "fc" }) {
        const std::string name = std::string(node) + ".weight";
        const std::size_t taps = network.tensor(name).data.size() / scores.at(node).size();
        double expected = 0.0;
        for (std::size_t i = taps; i < 2 * taps; ++i) { // the second filter
            graph::Network more = network, less = network;
            more.tensors.at(name).data[i] *= 1.0001F;
            less.tensors.at(name).data[i] *= 0.9999F;
            expected += std::abs(cross_entropy_of(more, dataset, indices) - cross_entropy_of(less, dataset, indices)) / 0.0002;
        }
        EXPECT_NEAR(scores.at(node)[1] / expected, 1.0, 0.01) << node;
    }
}

TEST(RlTaylor, AFilterWithoutInfluenceScoresNothing)
{
    auto network = graph::concat_net();
    auto& bn = network.tensors.at("right_bn.weight").data;
    bn[2] = 0.0F;
    const auto dataset = noise_dataset(network, 40);
    const auto scores = taylor_scores(network, dataset, dataset.indices(dataset::Split::train), "cpu");
    EXPECT_EQ(scores.at("right")[2], 0.0);
    EXPECT_GT(scores.at("right")[1], 0.0);
}

TEST(RlTaylor, RanksGroupsByTheSumOfTheirMembers)
{
    for (const auto& network : { graph::residual_net(), graph::depthwise_net(), graph::shuffle_net() }) {
        const auto layers = graph::channel_layers(network);
        const auto whole = graph::all_groups(layers);
        graph::KeptGroups kept = whole;
        for (auto& groups : kept) // the first and every third group are gone
            for (std::size_t g = groups.size() - 1; g-- > 0;)
                if (g % 3 == 0 && groups.size() > 1)
                    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(g));
        const auto plan = graph::channel_plan(network, layers, kept);
        const auto dataset = noise_dataset(network, 40);
        const auto scores =
            taylor_scores(graph::apply(network, plan), dataset, dataset.indices(dataset::Split::train), "cpu");
        const auto ranking = removal_ranking(layers, kept, plan, scores);
        const auto removed = removed_between(whole, kept);
        std::set<std::pair<std::string, int>> gone;
        for (std::size_t l = 0; l < layers.size(); ++l)
            for (const int group : removed[l])
                for (const auto& member : layers[l].groups[static_cast<std::size_t>(group)].members)
                    gone.insert(member);
        for (std::size_t l = 0; l < layers.size(); ++l) {
            auto sorted = ranking[l];
            std::sort(sorted.begin(), sorted.end());
            EXPECT_EQ(sorted, kept[l]);
            std::vector<double> in_order;
            for (const int group : ranking[l]) {
                in_order.push_back(0.0);
                for (const auto& [node, channel] : layers[l].groups[static_cast<std::size_t>(group)].members) {
                    int place = channel;
                    for (int before = 0; before < channel; ++before)
                        place -= static_cast<int>(gone.count({ node, before }));
                    in_order.back() += scores.at(node)[static_cast<std::size_t>(place)];
                }
            }
            EXPECT_TRUE(std::is_sorted(in_order.begin(), in_order.end())) << graph::name_of(network) << " " << layers[l].name;
        }
    }
}

TEST(RlThinning, StepsFollowOneAnotherToTheSameNetwork)
{
    for (const auto& network : graph::all_nets()) {
        const auto layers = graph::channel_layers(network);
        graph::KeptGroups first = graph::all_groups(layers), second;
        for (auto& groups : first)
            groups.erase(groups.begin());
        second = first;
        for (auto& groups : second)
            if (groups.size() > 1)
                groups.erase(groups.begin() + 1);
        const auto from = graph::channel_plan(network, layers, first);
        const auto to = graph::channel_plan(network, layers, second);
        const auto at_once = graph::apply(network, to);
        const auto in_steps = graph::apply(graph::apply(network, from), onwards(from, to));
        EXPECT_EQ(graph::to_json(in_steps), graph::to_json(at_once));
        for (const auto& [name, tensor] : at_once.tensors)
            EXPECT_EQ(in_steps.tensor(name).data, tensor.data) << name;
    }
}

} // namespace prunedamr::prune::rl
