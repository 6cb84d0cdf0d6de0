// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/boosted_trees.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::metrics {
namespace {

constexpr int kBins = 64;
constexpr std::size_t kRanked = 50000; // rows that quantiles are taken of

struct Sums {
    double gradient = 0.0, hessian = 0.0;
};

class Booster
{
public:
    Booster(const std::vector<float>& rows, int features, const std::vector<float>& targets,
            const std::vector<float>& weights, const BoostingConfig& config)
        : rows_(rows), features_(features), targets_(targets), weights_(weights), config_(config),
          rng_(config.seed), count_(targets.size()), codes_(count_ * static_cast<std::size_t>(features)),
          scores_(count_), node_(count_)
    {
        for (int f = 0; f < features; ++f)
            encode(f);
        double sum = 0.0, all = 0.0;
        for (std::size_t i = 0; i < count_; ++i) {
            sum += double(weights[i]) * targets[i];
            all += weights[i];
        }
        trees_.depth = config.depth;
        trees_.base = static_cast<float>(std::log(sum / (all - sum)));
        std::fill(scores_.begin(), scores_.end(), trees_.base);
    }

    BoostedTrees run(const std::function<void(int, double)>& progress)
    {
        for (int t = 0; t < config_.trees; ++t) {
            const double loss = differentiate();
            if (progress)
                progress(t, loss);
            draw_rows();
            grow();
        }
        return std::move(trees_);
    }

private:
    /// Limits at quantiles, and for each row how many of them it lies above.
    void encode(int f)
    {
        std::vector<float> values;
        for (std::size_t i = 0; i < count_; i += std::max<std::size_t>(1, count_ / kRanked))
            values.push_back(rows_[i * features_ + f]);
        std::sort(values.begin(), values.end());
        auto& limits = limits_.emplace_back();
        for (int k = 1; k < kBins; ++k)
            limits.push_back(values[values.size() * k / kBins]);
        for (std::size_t i = 0; i < count_; ++i)
            codes_[f * count_ + i] = static_cast<std::uint8_t>(
                std::lower_bound(limits.begin(), limits.end(), rows_[i * features_ + f]) - limits.begin());
    }

    double differentiate()
    {
        gradients_.resize(count_);
        double loss = 0.0, all = 0.0;
        for (std::size_t i = 0; i < count_; ++i) {
            const double p = 1.0 / (1.0 + std::exp(-scores_[i])), w = weights_[i];
            gradients_[i] = { w * (p - targets_[i]), w * p * (1.0 - p) };
            loss += w * (std::log1p(std::exp(-std::abs(scores_[i]))) + std::max(scores_[i], 0.0) -
                         targets_[i] * scores_[i]);
            all += w;
        }
        return loss / all;
    }

    void draw_rows()
    {
        used_.clear();
        for (std::size_t i = 0; i < count_; ++i)
            if (rng_.chance(config_.rows))
                used_.push_back(static_cast<std::uint32_t>(i));
    }

    struct Cut {
        double gain = 0.0;
        int feature = 0, bin = kBins - 1; ///< none: all goes left
    };

    double merit(const Sums& s) const { return s.gradient * s.gradient / (s.hessian + config_.damping); }

    void try_feature(int f, std::vector<Cut>& cuts)
    {
        const std::size_t nodes = cuts.size();
        histogram_.assign(nodes * kBins, {});
        const std::uint8_t* codes = codes_.data() + f * count_;
        for (const std::uint32_t i : used_) {
            Sums& s = histogram_[static_cast<std::size_t>(node_[i]) * kBins + codes[i]];
            s.gradient += gradients_[i].gradient;
            s.hessian += gradients_[i].hessian;
        }
        for (std::size_t n = 0; n < nodes; ++n) {
            Sums all, left;
            for (int b = 0; b < kBins; ++b) {
                all.gradient += histogram_[n * kBins + b].gradient;
                all.hessian += histogram_[n * kBins + b].hessian;
            }
            for (int b = 0; b + 1 < kBins; ++b) {
                left.gradient += histogram_[n * kBins + b].gradient;
                left.hessian += histogram_[n * kBins + b].hessian;
                const Sums right{ all.gradient - left.gradient, all.hessian - left.hessian };
                if (left.hessian < config_.least || right.hessian < config_.least)
                    continue;
                if (const double gain = merit(left) + merit(right) - merit(all); gain > cuts[n].gain)
                    cuts[n] = { gain, f, b };
            }
        }
    }

    void grow()
    {
        std::fill(node_.begin(), node_.end(), 0);
        for (int level = 0; level < config_.depth; ++level) {
            std::vector<Cut> cuts(std::size_t{ 1 } << level);
            for (int f = 0; f < features_; ++f)
                try_feature(f, cuts);
            for (const Cut& cut : cuts) {
                trees_.features.push_back(static_cast<std::uint8_t>(cut.feature));
                trees_.limits.push_back(cut.bin + 1 < kBins ? limits_[cut.feature][cut.bin] : 3e38f);
            }
            for (std::size_t i = 0; i < count_; ++i) {
                const Cut& cut = cuts[node_[i]];
                node_[i] = static_cast<std::uint16_t>(2 * node_[i] + (codes_[cut.feature * count_ + i] > cut.bin));
            }
        }
        std::vector<Sums> leaves(std::size_t{ 1 } << config_.depth);
        for (const std::uint32_t i : used_) {
            leaves[node_[i]].gradient += gradients_[i].gradient;
            leaves[node_[i]].hessian += gradients_[i].hessian;
        }
        const std::size_t first = trees_.values.size();
        for (const Sums& s : leaves)
            trees_.values.push_back(static_cast<float>(-config_.rate * s.gradient / (s.hessian + config_.damping)));
        for (std::size_t i = 0; i < count_; ++i)
            scores_[i] += trees_.values[first + node_[i]];
    }

    const std::vector<float>& rows_;
    const int features_;
    const std::vector<float>&targets_, &weights_;
    const BoostingConfig& config_;
    Rng rng_;
    const std::size_t count_;
    std::vector<std::uint8_t> codes_; ///< [features][count]
    std::vector<std::vector<float>> limits_;
    std::vector<double> scores_;
    std::vector<std::uint16_t> node_;
    std::vector<Sums> gradients_, histogram_;
    std::vector<std::uint32_t> used_;
    BoostedTrees trees_;
};

} // namespace

BoostedTrees fit_boosted_trees(const std::vector<float>& rows, int features, const std::vector<float>& targets,
                               const std::vector<float>& weights, const BoostingConfig& config,
                               const std::function<void(int tree, double loss)>& progress)
{
    if (targets.empty() || rows.size() != targets.size() * static_cast<std::size_t>(features) ||
        weights.size() != targets.size())
        throw InvalidArgument(
            { "bad rows", "boosted trees", std::to_string(rows.size()) + " values in them",
              std::to_string(targets.size()) + " targets and weights times " + std::to_string(features) + " features" });
    if (config.depth < 1 || config.depth > 8 || config.trees < 1)
        throw InvalidArgument({ "bad size", "boosted trees",
                                std::to_string(config.trees) + " trees of depth " + std::to_string(config.depth),
                                "a tree or more of depth 1 to 8" });
    return Booster(rows, features, targets, weights, config).run(progress);
}

} // namespace prunedamr::metrics
