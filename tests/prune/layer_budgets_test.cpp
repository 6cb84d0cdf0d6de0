// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/catro.h"

#include "tests/graph/networks.h"

#include "prunedamr/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

namespace prunedamr::prune {
namespace {

using Widths = std::vector<int>;

/// Values of diminishing returns, as trained layers have them: some layers saturate early.
LayerValues random_values(const std::vector<graph::ChannelLayer>& layers, Rng& rng)
{
    LayerValues values;
    for (const auto& layer : layers) {
        std::vector<double> gains;
        const double decay = rng.uniform(0.3, 1.0);
        for (std::size_t g = 0; g < layer.groups.size(); ++g)
            gains.push_back(rng.uniform(0.5, 1.0) * std::pow(decay, static_cast<double>(g)));
        std::sort(gains.begin(), gains.end(), std::greater<>());
        values.push_back({ 0.0 });
        for (const double gain : gains)
            values.back().push_back(values.back().back() + gain);
    }
    return values;
}

void for_all_widths(const std::vector<graph::ChannelLayer>& layers, const std::function<void(const Widths&)>& visit)
{
    Widths widths(layers.size(), 1);
    for (;;) {
        visit(widths);
        std::size_t l = 0;
        while (l < layers.size() && widths[l] == static_cast<int>(layers[l].groups.size()))
            widths[l++] = 1;
        if (l == layers.size())
            return;
        ++widths[l];
    }
}

std::vector<graph::Network> small_nets()
{
    return { graph::concat_net(), graph::depthwise_net(), graph::shuffle_net() };
}

} // namespace

TEST(WidthCost, IsThatOfTheThinnedNetwork)
{
    for (const auto& network : graph::all_nets()) {
        const auto layers = graph::channel_layers(network);
        const graph::PrunedCost thinned(network, layers);
        Rng rng(3);
        for (const auto quantity : { Budget::Quantity::macs, Budget::Quantity::params, Budget::Quantity::bytes }) {
            const WidthCost cost(network, layers, quantity);
            for (int repeat = 0; repeat < 5; ++repeat) {
                Widths widths;
                for (const auto& layer : layers)
                    widths.push_back(static_cast<int>(rng.integer(1, static_cast<int>(layer.groups.size()) - 1)));
                const double now = counted(thinned.of(widths), 1, quantity);
                EXPECT_EQ(cost.of(widths), now) << graph::name_of(network) << " " << to_string(quantity);
                for (std::size_t l = 0; l < layers.size(); ++l) {
                    Widths wider = widths;
                    ++wider[l];
                    EXPECT_EQ(cost.of_one_more(widths, l), counted(thinned.of(wider), 1, quantity) - now);
                }
            }
        }
    }
}

TEST(LayerBudgets, GreedyIsNearTheExhaustiveOptimumAndTheBoundHolds)
{
    Rng rng(7);
    double worst_greedy = 1.0, worst_bound = 1.0;
    for (const auto& network : small_nets()) {
        const auto layers = graph::channel_layers(network);
        const WidthCost cost(network, layers, Budget::Quantity::macs);
        const double whole = static_cast<double>(graph::cost(network).macs);
        for (int repeat = 0; repeat < 20; ++repeat) {
            const auto values = random_values(layers, rng);
            const double limit = rng.uniform(1.05 * cost.of(Widths(layers.size(), 1)), whole);
            const auto allowed = [&](const Widths& widths) { return cost.of(widths) <= limit; };
            const auto chosen = choose_widths(values, { { cost, limit } }, allowed, true);
            ASSERT_TRUE(chosen);
            EXPECT_TRUE(allowed(*chosen));
            double best = 0.0;
            for_all_widths(layers, [&](const Widths& widths) {
                if (allowed(widths))
                    best = std::max(best, objective(values, widths));
            });
            const double greedy = objective(values, *chosen), bound = objective_bound(values, { cost, limit });
            EXPECT_LE(greedy, best + 1e-9);
            EXPECT_GE(bound, best - 1e-9) << graph::name_of(network) << " repeat " << repeat;
            worst_greedy = std::min(worst_greedy, greedy / best);
            worst_bound = std::max(worst_bound, bound / best);
        }
    }
    EXPECT_GT(worst_greedy, 0.99);
    EXPECT_LT(worst_bound, 1.25);
    std::printf("greedy at worst %.4f of the optimum, bound at worst %.4f\n", worst_greedy, worst_bound);
}

TEST(LayerBudgets, LeaveNoRoomForOneMoreGroup)
{
    Rng rng(9);
    const auto network = graph::residual_net();
    const auto layers = graph::channel_layers(network);
    const auto values = random_values(layers, rng);
    const WidthCost macs(network, layers, Budget::Quantity::macs),
        params(network, layers, Budget::Quantity::params);
    const auto cost = graph::cost(network);
    for (const double fraction : { 0.2, 0.5, 0.9 }) {
        const LimitedCost limits[] = { { macs, fraction * static_cast<double>(cost.macs) },
                                       { params, 0.4 * static_cast<double>(cost.params) } };
        const auto allowed = [&](const Widths& widths) {
            return macs.of(widths) <= limits[0].limit && params.of(widths) <= limits[1].limit;
        };
        const auto widths = choose_widths(values, { limits[0], limits[1] }, allowed, true);
        ASSERT_TRUE(widths);
        for (std::size_t l = 0; l < layers.size(); ++l) {
            Widths wider = *widths;
            if (++wider[l] <= static_cast<int>(layers[l].groups.size())) {
                EXPECT_FALSE(allowed(wider)) << layers[l].name;
            }
        }
    }
}

TEST(LayerBudgets, EverythingStaysWhereEverythingIsAllowed)
{
    Rng rng(2);
    const auto network = graph::concat_net();
    const auto layers = graph::channel_layers(network);
    const auto values = random_values(layers, rng);
    const LimitedCost cost{ WidthCost(network, layers, Budget::Quantity::macs),
                            static_cast<double>(graph::cost(network).macs) };
    const auto all = choose_widths(
        values, { cost }, [](const Widths&) { return true; }, true);
    ASSERT_TRUE(all);
    for (std::size_t l = 0; l < layers.size(); ++l)
        EXPECT_EQ((*all)[l], static_cast<int>(layers[l].groups.size()));
    EXPECT_NEAR(objective_bound(values, cost), objective(values, *all), 1e-9);
    EXPECT_FALSE(choose_widths(
        values, { cost }, [](const Widths&) { return false; }, true));
}

} // namespace prunedamr::prune
