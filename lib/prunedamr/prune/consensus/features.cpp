// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/features.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/prune/consensus/distances.h"
#include "prunedamr/train/batches.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace prunedamr::prune {

std::string feature_node(const graph::Network& network)
{
    std::string name = network.nodes.back().name;
    for (;;) {
        const graph::Node& node = network.node(name);
        if (node.inputs.empty())
            throw Error{ { "no classifier", "network", "no linear or conv before the logits",
                           "" } };
        name = node.inputs.front();
        if (node.op == graph::Op::linear || node.op == graph::Op::conv)
            return name;
    }
}

torch::Tensor classifier_features(const graph::Network& network, const dataset::Dataset& dataset,
                                  const std::vector<std::int64_t>& frames, const std::string& device)
{
    constexpr std::size_t kBatch = 256;
    const torch::NoGradGuard no_grad;
    const torch::Device where = nn::device_from_name(device);
    nn::GraphModule module(network);
    module.to(where);
    module.eval();
    const std::string node = feature_node(network);
    std::vector<torch::Tensor> parts;
    for (std::size_t first = 0; first < frames.size(); first += kBatch) {
        std::map<std::string, torch::Tensor> outputs;
        module.forward(train::gather(dataset, frames, first, kBatch).frames.to(where), { node }, outputs);
        parts.push_back(outputs.at(node).flatten(1).to(torch::kCPU, torch::kFloat64));
    }
    torch::Tensor features = torch::cat(parts);
    if (!features.isfinite().all().item<bool>())
        throw Error{ { "features are not finite", "node " + node, "infinite or not a number",
                       "a trained network" } };
    return features;
}

std::vector<std::int64_t> draw_frames(const dataset::Dataset& dataset, std::size_t count, std::uint64_t seed)
{
    std::vector<std::int64_t> frames = dataset.indices(dataset::Part::train);
    if (frames.empty())
        frames = dataset.indices(dataset::Part::validation);
    Rng rng(seed);
    std::map<std::int32_t, std::vector<std::int64_t>> by_class;
    for (const std::int64_t frame : train::shuffled(std::move(frames), rng))
        by_class[dataset.label[static_cast<std::size_t>(frame)]].push_back(frame);
    std::vector<std::int64_t> drawn;
    for (std::size_t turn = 0, before = 0;; ++turn, before = drawn.size()) {
        for (const auto& [label, members] : by_class) {
            if (drawn.size() == count)
                return drawn;
            if (turn < members.size())
                drawn.push_back(members[turn]);
        }
        if (drawn.size() == before)
            return drawn;
    }
}

namespace {

/// Symmetric roots of positive semidefinite matrices [..., d, d].
torch::Tensor square_root(const torch::Tensor& matrices)
{
    const auto [values, vectors] = torch::linalg_eigh(matrices, "L");
    return (vectors * values.clamp_min(0.0).sqrt().unsqueeze(-2)).matmul(vectors.transpose(-1, -2));
}

/// tr(x^2) + tr(y^2) - 2 |singular values of x y|_1 of symmetric roots [..., d, d]: the squared Bures distance.
torch::Tensor squared_bures_of_roots(const torch::Tensor& x, const torch::Tensor& y)
{
    const torch::Tensor overlap = torch::linalg_svdvals(x.matmul(y)).sum(-1);
    return x.square().sum({ -2, -1 }) + y.square().sum({ -2, -1 }) - 2.0 * overlap;
}

/// Classes of a representation as Gaussians.
struct Classes {
    torch::Tensor means; ///< [K, d]
    torch::Tensor roots; ///< [K, d, d], of the covariances
};

Classes classes_of(const torch::Tensor& x, const torch::Tensor& labels)
{
    std::vector<torch::Tensor> means, covariances;
    for (std::int64_t k = 0; k <= labels.max().item<std::int64_t>(); ++k) {
        const torch::Tensor rows = x.index_select(0, (labels == k).nonzero().flatten());
        if (rows.size(0) < 2)
            continue;
        means.push_back(rows.mean(0));
        const torch::Tensor rest = rows - means.back();
        covariances.push_back(rest.t().mm(rest) / static_cast<double>(rows.size(0) - 1));
    }
    if (means.empty())
        throw Error{ { "too few frames", "Gaussian distance", "no class of two frames", "at least one" } };
    return { torch::stack(means), square_root(torch::stack(covariances)) };
}

/// Finds T step by step; the sum over classes never rises.
class Alignment
{
public:
    Alignment(Classes x, Classes y, torch::Tensor start, double alpha)
        : x_(std::move(x)), y_(std::move(y)), rotation_(std::move(start)), alpha_(alpha)
    {
        traces_ = (x_.roots.square().sum() + y_.roots.square().sum()).item<double>();
    }

    double distance()
    {
        constexpr int kMostSteps = 300;
        constexpr double kLeastFall = 1e-6;
        double sum = step();
        for (int i = 1; i < kMostSteps; ++i) {
            const double before = sum;
            sum = step();
            if (before - sum <= kLeastFall * before)
                break;
        }
        return std::sqrt(std::max(0.0, sum) / static_cast<double>(x_.means.size(0)));
    }

private:
    /// The sum over classes at the present T; then the best T for the rotations Q_k that are best at the old one:
    /// Bures^2 = min over Q of |S^.5 - Q S'^.5 T|^2.
    double step()
    {
        const auto [left, values, right] =
            torch::linalg_svd(x_.roots.matmul(rotation_.t()).matmul(y_.roots), false);
        const torch::Tensor turned = right.transpose(-1, -2).matmul(left.transpose(-1, -2)); // Q_k'
        const double apart = (x_.means - y_.means.mm(rotation_)).square().sum().item<double>();
        const double bures = traces_ - 2.0 * values.sum().item<double>();
        rotation_ = nearest_rotation(alpha_ * y_.means.t().mm(x_.means) +
                                     (2.0 - alpha_) * y_.roots.matmul(turned).matmul(x_.roots).sum(0));
        return alpha_ * apart + (2.0 - alpha_) * bures;
    }

    Classes x_, y_;
    torch::Tensor rotation_; ///< T [d, d]
    double alpha_;
    double traces_ = 0.0; ///< of all covariances
};

} // namespace

double squared_bures(const torch::Tensor& a, const torch::Tensor& b)
{
    return std::max(0.0, squared_bures_of_roots(square_root(a), square_root(b)).item<double>());
}

double gaussian_distance(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& labels, double alpha)
{
    PRUNEDAMR_CHECK(x.dim() == 2 && x.sizes() == y.sizes() && labels.dim() == 1 && labels.size(0) == x.size(0) &&
                        x.size(0) > 0 && alpha >= 0.0 && alpha <= 2.0,
                    "two representations [n, d], labels [n], and an alpha of 0 to 2");
    const torch::Tensor start = nearest_rotation((y - y.mean(0)).t().mm(x - x.mean(0)));
    return Alignment(classes_of(x, labels), classes_of(y, labels), start, alpha).distance();
}

} // namespace prunedamr::prune
