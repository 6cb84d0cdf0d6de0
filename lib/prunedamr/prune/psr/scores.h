// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <string>
#include <vector>

namespace prunedamr::train {
struct Batch; // prunedamr/train/batches.h
}

namespace prunedamr::prune {

/// A score of a network that needs no training, for step 2 of PSR. SynFlow is the method's own; the others are what
/// its field compares with (Abdelfattah et al. 2021, arXiv 2101.08134, has all of them side by side).
struct TrainingFreeScore {
    const char* name;
    const char* description; ///< one line for help texts
    bool largest;            ///< the best network has the largest score; else the smallest
    bool reads_frames;       ///< of the batch of training frames
    double (*of)(const graph::Network& network, const train::Batch& batch, const std::string& device);
};

/// synflow (smallest, as arXiv 2406.07929 has it), grad_norm, snip, fisher, naswot, jacov (largest, as their
/// papers).
const std::vector<TrainingFreeScore>& training_free_scores();

/// Throws `Error` listing the known names.
const TrainingFreeScore& training_free_score(const std::string& name);

} // namespace prunedamr::prune

namespace prunedamr::prune {

/// A network as training-free scores run it: double precision, batch norms in training mode (a fresh network has no
/// running statistics yet), no dropout; parameters ask for gradients.
nn::GraphModule scored_module(graph::Network network, const std::string& device);

/// The batch's frames as the module takes them.
torch::Tensor scored_frames(const train::Batch& batch, const std::string& device);

/// Sum of the cross-entropies of all frames.
torch::Tensor summed_loss(const torch::Tensor& logits, const train::Batch& batch);

/// Weights of convs and linears.
std::vector<torch::Tensor> filter_weights(const nn::GraphModule& module);

} // namespace prunedamr::prune

namespace prunedamr::prune {

/// Gradient norm (Abdelfattah et al. 2021, arXiv 2101.08134, section 3): sum over convs and linears of the
/// Euclidean norm of dL/dW, with L the mean cross-entropy of one batch. The largest is the best.
double grad_norm_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune

namespace prunedamr::prune {

/// SNIP (Lee et al. 2019, arXiv 1810.02340, the connection sensitivity, summed over a network as in arXiv
/// 2101.08134): sum over the weights of convs and linears of |w * dL/dw|, with L the mean cross-entropy of one
/// batch. The largest is the best.
double snip_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune

namespace prunedamr::prune {

/// Fisher (Theis et al. 2018, arXiv 1801.05787; BlockSwap, Turner et al. 2020, arXiv 1906.04113, equation 2): sum
/// over the output channels c of convs and linears of
///   1/(2N) sum over frames n of (sum over positions of a_nc * dL/da_nc)^2,
/// with a the output before norm and activation and L the sum of the N frames' cross-entropies. The largest is the
/// best.
double fisher_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune

namespace prunedamr::prune {

/// NASWOT (Mellor et al. 2021, arXiv 2006.04647): each frame has a binary code, which ReLUs let it through;
/// K[i, j] = number of ReLUs - Hamming distance of codes i and j; the score is log |det K|. Labels are not read.
/// The largest is the best; minus infinity (but for rounding) where two frames have the same code.
double naswot_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune

namespace prunedamr::prune {

/// Jacobian covariance (the first version of arXiv 2006.04647; arXiv 2101.08134): J[n] = the gradient of the sum of
/// frame n's logits by its samples; s_1..s_N = eigenvalues of the correlation matrix of the rows of J;
/// score = -sum_i [log(s_i + k) + 1 / (s_i + k)], k = 1e-5. Labels are not read. The largest is the best: frames
/// that correlate little.
double jacov_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune
