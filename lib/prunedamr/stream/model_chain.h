// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/block_classifier.h"
#include "prunedamr/stream/classifier.h"
#include "prunedamr/stream/model.h"

#include <complex>
#include <vector>

namespace prunedamr::stream {

/// One model at work: its front end, engine and vote, and the sizes that follow from them.
struct ModelChain {
    ModelChain(Model model, const ClassifierConfig& config);
    ModelChain(const ModelChain&) = delete; ///< `stream` and `burst` refer to their neighbours
    ModelChain& operator=(const ModelChain&) = delete;

    Model model;
    dsp::FrontEnd front_end;
    BlockClassifier stream, burst;
    int block_length;
    double block_s;
    std::uint64_t blocks_per_interval, blocks_per_burst;
    std::vector<std::complex<float>> buffer; ///< a block that is not yet full
    ModelChain* next = nullptr;              ///< of `ModelSlot`
};

} // namespace prunedamr::stream
