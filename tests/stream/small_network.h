// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/zoo.h"

namespace prunedamr::test {

/// A network of seeded weights, small enough for the plain reference: 128-sample frames from 1024-sample blocks.
inline graph::Network small_network(FrontEndSpec::Kind kind = FrontEndSpec::Kind::auto_band)
{
    graph::ZooConfig config;
    config.arch = "amr_s";
    config.front_end.kind = kind;
    config.front_end.frame_length = 128;
    config.front_end.block_length = 1024;
    config.labels = { "noise", "BPSK", "QPSK", "16QAM", "2FSK" };
    config.seed = 5;
    config.units_per_stage = { 1, 1, 1, 1 };
    graph::Network network = graph::make_network(config);
    network.decision.min_confidence = 0.3;
    network.decision.temperature = 2.0;
    return network;
}

} // namespace prunedamr::test
