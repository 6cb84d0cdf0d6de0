// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <string>
#include <vector>

namespace prunedamr::train {
struct Batch; // prunedamr/train/batches.h
} // namespace prunedamr::train

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

/// SynFlow (Tanaka et al. 2020), as arXiv 2406.07929 uses it: absolute value of every parameter and buffer, double
/// precision, batch norms in training mode, no dropout, input of ones [batch, 2, length]; R = sum of logits;
/// score = sum |theta * dR/dtheta|.
/// All rows are alike, so batch statistics do not depend on `batch` and the score is proportional to it: a small
/// batch ranks networks as a large one does. `batch` >= 1, or >= 2 where a batch norm sees one position per
/// channel.
double synflow_score(const graph::Network& network, int batch = 128, const std::string& device = "cpu");

/// Gradient norm (Abdelfattah et al. 2021, arXiv 2101.08134, section 3): sum over convs and linears of the
/// Euclidean norm of dL/dW, with L the mean cross-entropy of one batch. The largest is the best.
double grad_norm_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

/// SNIP (Lee et al. 2019, arXiv 1810.02340, the connection sensitivity, summed over a network as in arXiv
/// 2101.08134): sum over the weights of convs and linears of |w * dL/dw|, with L the mean cross-entropy of one
/// batch. The largest is the best.
double snip_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

/// Fisher (Theis et al. 2018, arXiv 1801.05787; BlockSwap, Turner et al. 2020, arXiv 1906.04113, equation 2): sum
/// over the output channels c of convs and linears of
///   1/(2N) sum over frames n of (sum over positions of a_nc * dL/da_nc)^2,
/// with a the output before norm and activation and L the sum of the N frames' cross-entropies. The largest is the
/// best.
double fisher_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

/// NASWOT (Mellor et al. 2021, arXiv 2006.04647): each frame has a binary code, which ReLUs let it through;
/// K[i, j] = number of ReLUs - Hamming distance of codes i and j; the score is log |det K|. Labels are not read.
/// The largest is the best; minus infinity (but for rounding) where two frames have the same code.
double naswot_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

/// Jacobian covariance (the first version of arXiv 2006.04647; arXiv 2101.08134): J[n] = the gradient of the sum of
/// frame n's logits by its samples; s_1..s_N = eigenvalues of the correlation matrix of the rows of J;
/// score = -sum_i [log(s_i + k) + 1 / (s_i + k)], k = 1e-5. Labels are not read. The largest is the best: frames
/// that correlate little.
double jacov_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune
