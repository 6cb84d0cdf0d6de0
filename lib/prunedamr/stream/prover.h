// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/measurer.h"
#include "prunedamr/stream/decision_accumulator.h"

#include <complex>
#include <memory>
#include <vector>

namespace prunedamr::stream {

/// The samples of a decision: pieces in the order of time, each contiguous.
struct DecisionSamples {
    const measure::Piece* pieces = nullptr;
    std::size_t piece_count = 0;
    double sample_rate_hz = 0.0;
    double zero_hz = 0.0;  ///< absolute frequency of what is at 0 Hz in the samples
    double passband = 1.0; ///< part of the rate, around 0 Hz, where noise is as strong as it was received
};

/// What is known of a signal that is followed from decision to decision. It is measured at once, then ever less often,
/// by the time of its samples; in between the last measurement stands, as long as the signal does what it did.
/// Allocates at construction only.
class FollowedSignal
{
public:
    explicit FollowedSignal(int max_samples = 32768) : track_(max_samples) {}
    void clear() noexcept; ///< another signal begins

private:
    friend class Prover;
    measure::Track track_;
    measure::Measurement last_;
    bool is_measured_ = false;
    double next_s_ = 0.0, wait_s_ = 0.0; ///< of the sample clock: when to measure again, and how long to wait then
    double center_hz_ = 0.0, bandwidth_hz_ = 0.0;
    std::uint32_t asked_ = 0; ///< families
    FixedString<24> family_;
};

/// Looks on at decisions on the thread that makes them, right before each goes to the handler of events: it must neither
/// wait, allocate nor throw.
class DecisionTap
{
public:
    virtual ~DecisionTap() = default;

    /// A decision that is no noise. `found`: what was measured; null when nothing was.
    virtual void see(const LabelEvent& event, const DecisionSamples& samples, const measure::Measurement* found) noexcept = 0;
};

/// The network proposes, the measurement proves: takes a decision that the network has made, measures its samples by
/// the methods of the families that the network does not rule out, and decides again by Bayes' rule: the network's
/// calibrated probabilities of the classes, times the likelihood of what was measured under each of them.
///
/// Classes that the network does not know (16PSK, 32QAM, 128QAM, 16APSK, 32APSK, pi/2-BPSK) share what it gives to
/// their families and to unknown. Definitions settle the rest: 2FSK, MSK and GFSK by index and shape of the pulse, narrow
/// and wide FM by deviation over audio width, OFDM by its guard. Symbols that no alphabet explains are unknown. Noise is
/// measured only for what noise cannot imitate (guard of OFDM, chirps). Where nothing is measured the network's decision
/// stands, and that of a network of more than `kMaxClasses` classes always does.
///
/// Allocates at construction only (some 18 MB); one thread at a time.
class Prover
{
public:
    explicit Prover(bool keep_evidence = false, DecisionTap* tap = nullptr);
    ~Prover();
    Prover(Prover&&) noexcept;

    /// `event` is the network's decision, its center and bandwidth the rough band; state, label, family, confidence, top
    /// and what was measured are written. `followed` may be null: the decision then stands alone.
    void prove(LabelEvent& event, const Proposal& network, const DecisionSamples& samples, FollowedSignal* followed) noexcept;

    /// Of the last decision that was measured, its carrier absolute.
    const measure::Measurement& measurement() const noexcept;

    /// Samples of a decision that are looked at, before decimation.
    static constexpr int kMaxSamples = 1 << 18;

    static constexpr std::size_t kMaxClasses = 88;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::stream
