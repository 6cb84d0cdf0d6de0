// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/metrics/scores.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace at {
class Tensor;
} // namespace at

namespace prunedamr::nn {
class GraphModule;
} // namespace prunedamr::nn

namespace prunedamr::train {

/// A small disturbance of every frame, chosen against the network or at random.
struct Attack {
    enum class Kind {
        fgsm,        ///< one step along the gradient of the loss (Goodfellow et al. 2015)
        pgd,         ///< several, each projected back to the bound (Madry et al. 2018)
        noise,       ///< complex white noise
        offset,      ///< carrier offset of random sign
        phase_noise, ///< random walk of the phase
    };
    enum class Norm {
        l2,   ///< the disturbance's energy is bounded by `level_db`
        linf, ///< each of its values, I or Q, by the root of half the power that `level_db` allows
    };

    Kind kind = Kind::fgsm;
    Norm norm = Norm::l2;    ///< fgsm, pgd
    double level_db = -20.0; ///< fgsm, pgd, noise: power below the frame's; phase_noise: mean square phase, rad^2
    int steps = 10;          ///< pgd
    double offset = 0.0;     ///< of kind offset, cycles per sample

    bool needs_gradient() const { return kind == Kind::fgsm || kind == Kind::pgd; }
};

/// "fgsm:-20dB", "pgd:-20dB:10", "fgsm-linf:-20dB", "pgd-linf:-20dB", "noise:-10dB", "offset:0.002",
/// "phase-noise:-20dB"; -100 to 20 dB, 1 to 1000 steps, at most 0.5 cycles per sample. Throws `Error` with the
/// forms.
Attack parse_attack(const std::string& text);
std::string to_text(const Attack& attack);

/// {"kind", "level_db" or "offset_cycles_per_sample", and for fgsm and pgd "norm", for pgd "steps"}
nlohmann::json to_json(const Attack& attack);

/// Scores of a network on disturbed frames of a data set, run by LibTorch. The same seed gives the same noise to a
/// frame whichever others are measured. Throws `Error` when data and network do not fit or there are no frames.
metrics::Scores attacked_scores(const graph::Network& network, const dataset::Dataset& dataset,
                             const std::vector<std::int64_t>& indices, const Attack& attack, std::uint64_t seed = 1,
                             int batch = 256);

/// The same function with the gradient of all of it: nodes that stop the gradient in training let it pass.
graph::Network without_detach(graph::Network network);

/// d(cross-entropy of each frame)/d(frames), [B, 2, L], of a module in evaluation mode.
at::Tensor input_gradient(nn::GraphModule& module, const at::Tensor& frames, const at::Tensor& labels);

/// Frames [B, 2, L] moved within the bound of `attack` (kind fgsm or pgd) so that `module`, in evaluation mode,
/// takes them for another class than `labels`. PGD gives of all points it saw, the frame and FGSM's point among
/// them, the one where another class leads most: it is never weaker than FGSM.
at::Tensor attacked(nn::GraphModule& module, const at::Tensor& frames, const at::Tensor& labels,
                       const Attack& attack);

} // namespace prunedamr::train
