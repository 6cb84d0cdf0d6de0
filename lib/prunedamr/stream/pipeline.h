// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/block_classifier.h"
#include "prunedamr/stream/classifier_config.h"
#include "prunedamr/stream/model.h"

#include <complex>
#include <vector>

namespace prunedamr::stream {

/// One model at work: its front end, its engine and the accumulators of its decisions, and the sizes that follow.
struct Pipeline {
    Pipeline(Model model, const ClassifierConfig& config);
    Pipeline(const Pipeline&) = delete; ///< `stream` and `burst` refer to their neighbors
    Pipeline& operator=(const Pipeline&) = delete;

    Model model;
    dsp::FrontEnd front_end;
    BlockClassifier stream, burst;
    int block_length;
    double block_s;
    std::uint64_t blocks_per_interval, blocks_per_burst;
    std::vector<std::complex<float>> buffer; ///< a block that is not yet full
    Pipeline* next = nullptr;                ///< of `ModelSlot`
};

} // namespace prunedamr::stream
