// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/checkpoint.h"

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>

namespace prunedamr::train {

/// Running average of weights and batch-norm statistics: a <- a + (1 - d) (w - a) after every step, where d is the
/// decay but at most (1 + n) / (10 + n) after n steps, so that the first weights are soon forgotten.
class WeightAverage
{
public:
    /// Starts at the tensors' present values; shares their storage and must not outlive them.
    WeightAverage(const std::map<std::string, torch::Tensor>& tensors, double decay);

    void update();
    void swap(); ///< exchanges average and weights; call again to have both back

    std::int64_t updates() const { return updates_; }
    Tensors values() const;
    void restore(const Tensors& values, std::int64_t updates); ///< throws `Error` for a tensor that is missing

private:
    std::map<std::string, torch::Tensor> tensors_;
    std::map<std::string, torch::Tensor> average_;
    double decay_;
    std::int64_t updates_ = 0;
};

} // namespace prunedamr::train
