// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/model/model.h"

namespace prunedamr::test {

/// A model of seeded weights, small enough for the plain reference: 128-sample frames from 1024-sample blocks.
inline model::Model small_network(FrontEndSpec::Kind kind = FrontEndSpec::Kind::auto_band)
{
    model::NewModel config;
    config.arch = "amr_s";
    config.front_end.kind = kind;
    config.front_end.frame_length = 128;
    config.front_end.block_length = 1024;
    config.labels = { "noise", "BPSK", "QPSK", "16QAM", "2FSK" };
    config.seed = 5;
    config.units_per_stage = { 1, 1, 1, 1 };
    model::Model model = model::make_model(config);
    model.info.decision.min_confidence = 0.3;
    model.info.decision.temperature = 2.0;
    return model;
}

} // namespace prunedamr::test
