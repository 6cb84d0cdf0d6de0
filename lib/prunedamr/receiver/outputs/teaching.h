// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"

#include <array>
#include <string>

namespace prunedamr::receiver {

/// What an emission looks like to the receiver, so that it can be compared with another one.
struct Traits {
    std::array<stream::LabelEvent::Candidate, stream::LabelEvent::kTop> top; ///< classes and their probabilities
    int top_count = 0;
    double octaves = 0.0; ///< log2 of the bandwidth in Hz
    double snr_db = 0.0;
    double rate_octaves = 0.0; ///< log2 of the symbol rate in Hz; 0: not measured

    static Traits of(const stream::LabelEvent& event);

    /// Of an event's JSON; nothing is known of what cannot be read.
    static Traits of_json(const std::string& event);
};

/// 1: nothing tells them apart; towards 0 with an octave of bandwidth or of symbol rate, 10 dB of SNR, other
/// classes.
double similarity(const Traits& a, const Traits& b);

/// How much a label of an emission would teach a model, 0..1: **score = max(disagreement, doubt) * novelty**.
///
/// A label teaches where the model is wrong, and a model is most often wrong where its own measurement contradicts
/// it, where two classes are as probable (smallest margin: Scheffer, Decomain and Wrobel 2001), and where it gives
/// no name: these three are signs of one thing, so that the strongest counts. A hundred emissions of one kind teach
/// hardly more than one (batches must be diverse: Brinker 2003), whatever the model thinks of them: so that is a
/// factor.
struct Teaching {
    double disagreement = 0.0; ///< what the network gave to a class that the measurement took back
    double doubt = 0.0;        ///< 1 - the margin between the two most probable classes; 1 of unknown
    double novelty = 1.0;      ///< 1 - the similarity to the nearest that is kept

    static Teaching of(const stream::LabelEvent& event, double novelty);

    double score() const;
    std::string to_json() const; ///< {"score": ..., "disagreement": ..., "doubt": ..., "novelty": ...}

    static double score_of_json(const std::string& text); ///< 0 of what cannot be read
};

} // namespace prunedamr::receiver
