// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/prover.h"

#include "prunedamr/base/stage_times.h"
#include "prunedamr/dsp/resampler.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/stream/class_posterior.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::stream {
namespace {

using measure::Measurement;
using measure::Method;
using measure::Quantity;

constexpr int kMeasured = 32768;     // samples of a decision after decimation
constexpr double kOversampling = 8.0; // rate over the rough bandwidth that decimation leaves
constexpr double kDecimatedPass = 0.7; // of the rate that the decimating filters pass
constexpr double kPlausible = 0.02;  // probability of a family from which on its methods are tried
constexpr double kPlausibleInNoise = 0.05;
constexpr float kSureGuard = 80.0f, kSureChirp = 20.0f; // scores in what the network calls noise, which reaches 41 and 9
constexpr double kFirstWaitS = 0.5, kLongestWaitS = 4.0; // between two measurements of a signal
constexpr double kSameBand = 0.3;    // of its width, by which a band may move or change and be the same

/// To a hundredth of its error, or six digits where that is not known: no more of it means anything.
double rounded(double value, double error)
{
    const double step = std::isfinite(error) && error > 0.0 ? 0.01 * error : 1e-6 * std::fabs(value);
    if (!(step > 0.0))
        return value;
    const double scale = std::pow(10.0, -std::floor(std::log10(step)));
    return std::isfinite(scale) && scale > 0.0 ? std::round(value * scale) / scale : value;
}

bool is_same_band(double a_hz, double a_width_hz, double b_hz, double b_width_hz)
{
    return std::fabs(a_hz - b_hz) < kSameBand * a_width_hz && std::fabs(std::log(a_width_hz / b_width_hz)) < 2.0 * kSameBand;
}

} // namespace

void FollowedSignal::clear() noexcept
{
    track_.clear();
    is_measured_ = false;
}

struct Prover::Impl {
    Impl(bool evidence, DecisionTap* wanted_tap)
        : keep_evidence(evidence), tap(wanted_tap), measurer(kMeasured), bank(kMaxSamples, 1024), mixed(kMaxSamples), decimated(kMeasured)
    {
    }

    const Measurement& measure(const LabelEvent& event, const DecisionSamples& samples, std::uint32_t families,
                               bool is_fsk_likely, measure::Track* track) noexcept;
    bool decimate(const LabelEvent& event, const DecisionSamples& samples, measure::Decision& decision) noexcept;
    const Measurement* measured(LabelEvent& event, const DecisionSamples& samples, std::uint32_t families,
                                bool is_fsk_likely, FollowedSignal* followed) noexcept;
    void decide(LabelEvent& event, double min_confidence, const Measurement& found) noexcept;
    void write_numbers(LabelEvent& event, const Measurement& found) noexcept;

    const Measurement* prove(LabelEvent& event, const Proposal& network, const DecisionSamples& samples,
                             FollowedSignal* followed) noexcept;

    const bool keep_evidence;
    DecisionTap* const tap; ///< or none
    measure::Measurer measurer;
    dsp::ResamplerBank bank;
    std::vector<std::complex<float>> mixed, decimated;
    std::array<measure::Piece, 64> pieces;
    ClassPosterior posterior;
    Measurement result; ///< its carrier absolute
};

/// Shifts the band to zero and lowers the rate, so that a narrow signal has its whole decision looked at and not the
/// first samples alone. False where the samples are few enough, or the band is too wide.
bool Prover::Impl::decimate(const LabelEvent& event, const DecisionSamples& samples, measure::Decision& decision) noexcept
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < samples.piece_count; ++i)
        count += samples.pieces[i].count;
    const double ratio = std::max(kOversampling * event.bandwidth_hz / samples.sample_rate_hz,
                                  static_cast<double>(kMeasured) / static_cast<double>(std::min<std::size_t>(count, kMaxSamples)));
    const int step = std::min(static_cast<int>(std::floor(-4.0 * std::log2(ratio))), bank.steps());
    if (step < 1)
        return false;
    const double turn = -2.0 * M_PI * (event.center_freq_hz - samples.zero_hz) / samples.sample_rate_hz;
    double phase = 0.0;
    int taken = 0, made = 0;
    std::size_t piece_count = 0;
    for (std::size_t i = 0; i < samples.piece_count && piece_count < pieces.size(); ++i) {
        const int n = static_cast<int>(std::min<std::size_t>(samples.pieces[i].count, static_cast<std::size_t>(kMaxSamples - taken)));
        for (int k = 0; k < n; k += 256) { // a rotator that is set again before its error grows
            std::complex<float> at = std::polar(1.0f, static_cast<float>(std::remainder(phase, 2.0 * M_PI)));
            const std::complex<float> by = std::polar(1.0f, static_cast<float>(turn));
            const int end = std::min(n, k + 256);
            for (int s = k; s < end; ++s, at *= by)
                mixed[s] = samples.pieces[i].samples[s] * at;
            phase += turn * (end - k);
        }
        taken += n;
        // What a step gives is known only roughly: the samples that are sure to fit.
        const int room = static_cast<int>((kMeasured - made) / dsp::ResamplerBank::ratio(step)) - 64;
        if (room < 64 || n == 0)
            break;
        const int got = bank.run(step, mixed.data(), std::min(n, room), decimated.data() + made);
        pieces[piece_count++] = { decimated.data() + made, static_cast<std::size_t>(got) };
        made += got;
    }
    decision.pieces = pieces.data();
    decision.piece_count = piece_count;
    decision.sample_rate_hz = samples.sample_rate_hz * static_cast<double>(dsp::ResamplerBank::ratio(step));
    decision.center_hz = 0.0;
    decision.passband = kDecimatedPass;
    return true;
}

const Measurement& Prover::Impl::measure(const LabelEvent& event, const DecisionSamples& samples, std::uint32_t families,
                                         bool is_fsk_likely, measure::Track* track) noexcept
{
    measure::Decision decision;
    decision.pieces = samples.pieces;
    decision.piece_count = samples.piece_count;
    decision.sample_rate_hz = samples.sample_rate_hz;
    decision.center_hz = event.center_freq_hz - samples.zero_hz;
    decision.passband = samples.passband;
    decision.bandwidth_hz = event.bandwidth_hz;
    decision.families = families;
    decision.is_fsk_likely = is_fsk_likely;
    const double zero_hz = decimate(event, samples, decision) ? event.center_freq_hz : samples.zero_hz;
    result = measurer.measure(decision, track);
    if (auto& carrier = result[Quantity::carrier_hz])
        carrier->value += zero_hz;
    return result;
}

/// A measurement of this decision, or the last one of the signal as long as it is the same signal and not yet due.
const Measurement* Prover::Impl::measured(LabelEvent& event, const DecisionSamples& samples, std::uint32_t families,
                                          bool is_fsk_likely, FollowedSignal* followed) noexcept
{
    if (!followed)
        return &measure(event, samples, families, is_fsk_likely, nullptr);
    FollowedSignal& signal = *followed;
    const double now_s = static_cast<double>(event.sample_start) / event.sample_rate_hz;
    const bool is_same = signal.is_measured_ && signal.family_.view() == event.family.view() && (families & ~signal.asked_) == 0 &&
                         is_same_band(event.center_freq_hz, event.bandwidth_hz, signal.center_hz_, signal.bandwidth_hz_);
    if (is_same && now_s < signal.next_s_)
        return &signal.last_;
    if (!is_same) {
        signal.clear();
        signal.wait_s_ = 0.5 * kFirstWaitS;
        signal.asked_ = families;
        signal.family_ = event.family;
        signal.center_hz_ = event.center_freq_hz;
        signal.bandwidth_hz_ = event.bandwidth_hz;
    }
    signal.last_ = measure(event, samples, families, is_fsk_likely, &signal.track_);
    signal.is_measured_ = true;
    signal.wait_s_ = std::min(2.0 * signal.wait_s_, kLongestWaitS);
    signal.next_s_ = now_s + signal.wait_s_;
    return &signal.last_;
}

void Prover::Impl::write_numbers(LabelEvent& event, const Measurement& found) noexcept
{
    event.measured = found.numbers;
    for (auto& number : event.measured)
        if (number)
            number = measure::Estimate{ rounded(number->value, number->error), rounded(number->error, number->error) };
    if (!keep_evidence)
        return;
    auto& evidence = event.evidence;
    evidence.kind = found.method == Method::fsk ? LabelEvent::Evidence::Kind::advances : LabelEvent::Evidence::Kind::symbols;
    evidence.count = found.symbol_count;
    const auto fixed = [](float x) {
        return static_cast<std::int16_t>(std::lround(std::clamp(static_cast<double>(x) * LabelEvent::Evidence::kSteps, -32767.0, 32767.0)));
    };
    for (int k = 0; k < evidence.count; ++k)
        evidence.points[k] = { fixed(found.symbols[k].real()), fixed(found.symbols[k].imag()) };
}

/// By the rules of the network's decision, from the posterior.
void Prover::Impl::decide(LabelEvent& event, double min_confidence, const Measurement& found) noexcept
{
    const Choice best = posterior.best_class(), family = posterior.best_family();
    const double unknown = posterior.unknown();
    posterior.write_top(event);
    const bool has_name = is_sure(std::max(best.probability, family.probability), min_confidence);
    if (unknown > 0.5 || (!has_name && unknown > best.probability))
        decide_unknown(event, best.probability);
    else
        stream::decide(event, best, family, min_confidence);
    if (event.state == State::unknown || belongs_to(found.method, event.family.view()))
        write_numbers(event, found);
}

Prover::Prover(bool keep_evidence, DecisionTap* tap) : impl_(std::make_unique<Impl>(keep_evidence, tap))
{
    model::modulations(); // the table is made at its first use, which is not to be a decision's
}
Prover::~Prover() = default;
Prover::Prover(Prover&&) noexcept = default;

const Measurement& Prover::measurement() const noexcept
{
    return impl_->result;
}

void Prover::prove(LabelEvent& event, const Proposal& network, const DecisionSamples& samples, FollowedSignal* followed) noexcept
{
    const StageTimer timer(Stage::measure);
    const Measurement* found = impl_->prove(event, network, samples, followed);
    if (impl_->tap && samples.piece_count > 0 && event.state != State::noise)
        impl_->tap->see(event, samples, found);
}

/// What was measured, if that changed the decision.
const Measurement* Prover::Impl::prove(LabelEvent& event, const Proposal& network, const DecisionSamples& samples,
                                       FollowedSignal* followed) noexcept
{
    result = {};
    if (network.classes == 0 || network.classes > kMaxClasses || samples.piece_count == 0 || !(event.bandwidth_hz > 0.0))
        return nullptr;
    posterior.start(network, event.state == State::unknown);
    const bool is_noise = event.state == State::noise;
    const std::uint32_t families = posterior.plausible_families(is_noise ? kPlausibleInNoise : kPlausible, is_noise);
    if (families == 0)
        return nullptr;
    const Measurement* found = measured(event, samples, families, posterior.is_fsk_likely(), followed);
    if (found->method == Method::none || (is_noise && found->score < (found->method == Method::ofdm ? kSureGuard : kSureChirp)))
        return nullptr;
    posterior.update(*found, !is_noise);
    decide(event, network.min_confidence, *found);
    const auto* best = std::max_element(network.probabilities, network.probabilities + network.classes);
    const std::string& before = network.labels[best - network.probabilities];
    const model::Modulation* row = model::find_modulation(before);
    if (before != event.label.view() && !(row && row->family == event.label.view()))
        event.disagreement = static_cast<float>(*best);
    return found;
}

} // namespace prunedamr::stream
