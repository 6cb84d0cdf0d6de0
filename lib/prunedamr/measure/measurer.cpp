// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/measurer.h"

#include "prunedamr/measure/alphabet_fit.h"
#include "prunedamr/measure/analog.h"
#include "prunedamr/measure/chirp.h"
#include "prunedamr/measure/fsk.h"
#include "prunedamr/measure/ofdm.h"
#include "prunedamr/measure/on_off.h"
#include "prunedamr/measure/symbol_rate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace prunedamr::measure {
namespace {

constexpr int kMinSamples = 256;
constexpr double kLineScore = 6.0; // of a symbol rate that stands alone: noise reaches 3, AM and FM 4
constexpr double kMaxRate = 0.8; // symbols per sample: beyond, it is noise in a band as wide as the sample rate
constexpr double kOpenEye = 0.2, kSteady = 0.3; // FSK that nobody asked for
constexpr double kFirm = 0.47;  // variation of a chirp at 0 dB; noise has 0.52
constexpr double kNormal = 1.65; // kurtosis: OFDM has 1.9 and more, QPSK 1.4, dense QAM up to 1.8
constexpr double kShaped = 0.11; // of a neighboring symbol's response over its own: unshaped at most 0.07
constexpr double kNoError = std::numeric_limits<double>::quiet_NaN();

/// Of a Gaussian filter of standard deviation s symbols a fraction s / sqrt(2 pi) of a rectangular pulse comes out in
/// either neighbor, and BT = sqrt(ln 2) / (2 pi s).
double bandwidth_time(double shape)
{
    const double neighbor = shape / (1.0 + 2.0 * shape);
    return std::sqrt(std::log(2.0)) / (2.0 * M_PI * std::sqrt(2.0 * M_PI) * neighbor);
}

} // namespace

struct Track::Impl {
    explicit Impl(int max_samples) : lines(max_samples) {}
    LineTrack lines;
    std::array<AlphabetScore, Measurement::kMaxScores> scores;
    int score_count = 0, decisions = 0;
    double rate = 0.0, rate_weight = 0.0; ///< weighted mean, and its weight
};

struct Measurer::Impl {
    explicit Impl(int max_samples)
        : space(max_samples), front(space), rate(space), fit(space), fsk(space), on_off(space), ofdm(space), chirp(space),
          analog(space)
    {
    }

    void set(Quantity quantity, double value, double error) { result[quantity] = Estimate{ value, error }; }
    void accept(Method method, double score, double carrier, double carrier_error)
    {
        result.method = method;
        result.refusal = Refusal::none;
        result.score = static_cast<float>(score);
        set(Quantity::carrier_hz, (front.center() + carrier) * hz, carrier_error * hz);
    }

    void look_at_envelope();
    bool try_chirp();
    bool try_fsk(bool is_likely);
    bool try_ofdm();
    bool try_on_off();
    bool try_linear();
    void add_up(const RateLine& line);
    bool try_analog(std::uint32_t families);
    void keep_alphabets(const AlphabetNumbers& numbers);

    Workspace space;
    Front front;
    SymbolRate rate;
    AlphabetFit fit;
    Fsk fsk;
    OnOff on_off;
    Ofdm ofdm;
    Chirp chirp;
    Analog analog;
    Measurement result;
    double hz = 1.0; ///< sample rate
    Track::Impl* track = nullptr;
    double variation = 0.0, kurtosis = 2.0; ///< of the envelope in the band: standard deviation / mean; E|y|^4 / (E|y|^2)^2
    bool is_tone_like = false; ///< its frequency goes to and fro: a spectrum of lines, which are no symbol rates
};

/// How steady the envelope is in 1.4 rough bands: what is far from steady is no chirp, what is far from normal no OFDM.
void Measurer::Impl::look_at_envelope()
{
    const int first = front.bin(-0.7 * front.bandwidth()), last = front.bin(0.7 * front.bandwidth());
    const int size = space.size(2.0 * front.bandwidth() * front.bins());
    std::fill(space.u.begin() + first, space.u.begin() + last + 1, 1.0f);
    front.extract(first, last, front.bins() / 2, space.u.data(), size, space.b.data());
    const int count = front.resampled(size);
    double mean = 0.0, square = 0.0, fourth = 0.0;
    for (int n = 0; n < count; ++n) {
        const double power = std::norm(space.b[n]);
        mean += std::sqrt(power);
        square += power;
        fourth += power * power;
    }
    variation = std::sqrt(std::max(0.0, square * count / (mean * mean + 1e-30) - 1.0));
    kurtosis = fourth * count / (square * square + 1e-30);
}

bool Measurer::Impl::try_chirp()
{
    const ChirpNumbers found = chirp.measure(front);
    if (!found.is_accepted)
        return false;
    accept(Method::chirp, found.gain, front.centroid(), 0.05 * found.bandwidth);
    set(Quantity::chirp_rate_hz_per_s, found.slope * hz * hz, found.slope_error * hz * hz);
    set(Quantity::spreading_factor, found.spreading_factor, 0.1);
    return true;
}

bool Measurer::Impl::try_fsk(bool is_likely)
{
    const FskNumbers found = fsk.measure(front, 0.0, is_likely ? 0.6 : kSteady);
    // A tone's FM alternates as idle FSK does.
    is_tone_like = found.is_accepted && found.is_alternating;
    if (!found.is_accepted || (!is_likely && (found.eye > kOpenEye || found.is_alternating)))
        return false;
    // The phase steps of pi/4-DQPSK are four equally spaced levels too.
    if (!is_likely && found.tones == 4 && std::fabs(found.index - 0.25) < 0.05 && try_linear()) {
        if (result.is_accepted && !std::strcmp(result.alphabet, "pi/4-DQPSK"))
            return true;
        result = {};
        return try_fsk(true);
    }
    accept(Method::fsk, found.score, found.carrier, found.carrier_error);
    set(Quantity::symbol_rate_hz, found.rate * hz, found.rate_error * hz);
    set(Quantity::tones, found.tones, kNoError);
    set(Quantity::modulation_index, found.index, found.index_error);
    const double half_span = 0.5 * (found.tones - 1);
    set(Quantity::deviation_hz, half_span * found.index * found.rate * hz, half_span * found.index_error * found.rate * hz);
    result.is_index_bound = found.is_alternating;
    result.shape = found.shape;
    result.is_shaped = found.shape > kShaped;
    if (result.is_shaped)
        set(Quantity::bt, bandwidth_time(found.shape), kNoError);
    const int count = std::min(found.symbols, Measurement::kEvidence);
    for (int i = 0; i < count; ++i)
        result.symbols[i] = static_cast<float>(fsk.advance(static_cast<int>(static_cast<std::int64_t>(i) * found.symbols / count)));
    result.symbol_count = count;
    return true;
}

bool Measurer::Impl::try_ofdm()
{
    const OfdmNumbers found = ofdm.measure(front, hz);
    if (!found.is_accepted)
        return false;
    accept(Method::ofdm, found.contrast, front.centroid(), 0.05 * front.half_width());
    const double period = found.useful + found.guard, spacing = hz / found.useful;
    set(Quantity::subcarrier_spacing_hz, spacing, spacing * found.useful_error / found.useful);
    set(Quantity::cyclic_prefix_s, found.guard / hz, found.guard_error / hz);
    set(Quantity::symbol_rate_hz, hz / period, hz / period * std::hypot(found.useful_error, found.guard_error) / period);
    return true;
}

bool Measurer::Impl::try_on_off()
{
    const OnOffNumbers found = on_off.measure(front);
    if (!found.is_accepted)
        return false;
    accept(Method::on_off, found.score, front.centroid(), 0.1 * front.half_width());
    set(Quantity::chip_rate_hz, found.rate * hz, found.rate_error * hz);
    set(Quantity::duty, found.duty, kNoError);
    set(Quantity::on_off_db, found.on_off_db, kNoError);
    return true;
}

bool Measurer::Impl::try_linear()
{
    RateLine line = rate.find(front);
    if (track) {
        track->lines.add(rate.lines(), front.samples(), front.half_width());
        const LineTrack::Line together = track->lines.best();
        if (line.score <= kLineScore && track->lines.decisions() > 1 && together.score > kLineScore) {
            line = rate.at(front, together.rate);
            line.score = together.score;
            line.rate_error = together.rate_error;
        }
    }
    if (line.score <= kLineScore || line.rate > kMaxRate)
        return false;
    const AlphabetNumbers numbers = fit.classify(front, line);
    accept(Method::linear, line.score, numbers.symbols > 0 ? numbers.carrier : line.carrier,
           numbers.symbols > 0 ? numbers.carrier_error : 0.02 * line.rate);
    set(Quantity::symbol_rate_hz, line.rate * hz, line.rate_error * hz);
    if (numbers.symbols > 0)
        keep_alphabets(numbers);
    if (track)
        add_up(line);
    return true;
}

void Measurer::Impl::keep_alphabets(const AlphabetNumbers& numbers)
{
    result.alphabet = numbers.name;
    result.is_accepted = numbers.is_accepted;
    result.is_other = numbers.is_other;
    result.is_equalized = numbers.is_equalized;
    result.separation = numbers.separation;
    set(Quantity::evm_db, -numbers.snr_db, 4.34 * std::sqrt(1.0 / numbers.symbols));
    set(Quantity::order_log_odds, numbers.margin, kNoError);
    set(Quantity::fit, numbers.fit, kNoError);
    if (numbers.pulse.kind == PulseKind::root_raised_cosine)
        set(Quantity::roll_off, numbers.pulse.parameter, 0.05);
    // One score for each name: the likeliest of its rows.
    const auto& rows = alphabets();
    for (std::size_t i = 0; i < fit.log_likelihoods().size(); ++i) {
        const AlphabetScore score{ i < rows.size() ? rows[i].name : "OQPSK", fit.log_likelihoods()[i], i < rows.size() && rows[i].is_decoy };
        if (score.log_likelihood <= -1e9)
            continue;
        const auto end = result.scores.begin() + result.score_count;
        const auto same = std::find_if(result.scores.begin(), end, [&](const AlphabetScore& s) { return !std::strcmp(s.name, score.name); });
        if (same != end)
            same->log_likelihood = std::max(same->log_likelihood, score.log_likelihood);
        else if (result.score_count < Measurement::kMaxScores)
            result.scores[result.score_count++] = score;
    }
    std::sort(result.scores.begin(), result.scores.begin() + result.score_count,
              [](const AlphabetScore& a, const AlphabetScore& b) { return a.log_likelihood > b.log_likelihood; });
    const Symbols& symbols = fit.symbols();
    result.symbol_count = std::min(symbols.count, Measurement::kEvidence);
    for (int i = 0; i < result.symbol_count; ++i) {
        const auto k = static_cast<std::int64_t>(i) * symbols.count / result.symbol_count;
        result.symbols[i] = { symbols.re[k], symbols.im[k] };
    }
}

/// Adds this decision to the track, and brings the track's sums into the result. Another rate starts a new sum.
void Measurer::Impl::add_up(const RateLine& line)
{
    Track::Impl& sum = *track;
    const double weight = 1.0 / (line.rate_error * line.rate_error + 1e-30);
    if (sum.decisions > 0 && std::fabs(line.rate - sum.rate) > 1e-3 * sum.rate + 4.0 * line.rate_error) {
        sum.score_count = sum.decisions = 0;
        sum.rate_weight = 0.0;
    }
    sum.rate = (sum.rate * sum.rate_weight + line.rate * weight) / (sum.rate_weight + weight);
    sum.rate_weight += weight;
    ++sum.decisions;
    for (int i = 0; i < result.score_count; ++i) {
        const auto end = sum.scores.begin() + sum.score_count;
        const auto same = std::find_if(sum.scores.begin(), end,
                                       [&](const AlphabetScore& s) { return !std::strcmp(s.name, result.scores[i].name); });
        if (same != end)
            same->log_likelihood += result.scores[i].log_likelihood;
        else if (sum.decisions == 1 && sum.score_count < Measurement::kMaxScores)
            sum.scores[sum.score_count++] = result.scores[i];
    }
    std::sort(sum.scores.begin(), sum.scores.begin() + sum.score_count,
              [](const AlphabetScore& a, const AlphabetScore& b) { return a.log_likelihood > b.log_likelihood; });
    result.decisions = sum.decisions;
    set(Quantity::symbol_rate_hz, sum.rate * hz, hz / std::sqrt(sum.rate_weight));
    if (sum.decisions < 2 || sum.score_count < 2)
        return;
    const double margin = sum.scores[0].log_likelihood - sum.scores[1].log_likelihood;
    const bool fits = result.is_accepted || result[Quantity::fit]->value < 1.0;
    result.alphabet = sum.scores[0].name;
    result.is_other = sum.scores[0].is_decoy;
    result.is_accepted = !result.is_other && fits && margin > 3.0;
    std::copy(sum.scores.begin(), sum.scores.begin() + sum.score_count, result.scores.begin());
    result.score_count = sum.score_count;
    set(Quantity::order_log_odds, margin, kNoError);
}

bool Measurer::Impl::try_analog(std::uint32_t wanted)
{
    const AnalogNumbers found = analog.measure(front);
    switch (found.kind) {
    case AnalogKind::none: return false;
    case AnalogKind::carrier:
        if (!(wanted & (families::cw | families::am)))
            return false;
        accept(Method::carrier, 10.0 * found.carrier_share, found.carrier, found.carrier_error);
        return true;
    case AnalogKind::am:
        if (!(wanted & families::am))
            return false;
        accept(Method::am, 10.0 * found.carrier_share, found.carrier, found.carrier_error);
        set(Quantity::depth, found.depth_rms, found.depth_error);
        break;
    case AnalogKind::fm:
        if (!(wanted & families::fm))
            return false;
        accept(Method::fm, 10.0 * (1.0 - found.envelope_variation), found.carrier, found.carrier_error);
        set(Quantity::deviation_hz, found.deviation * hz, found.deviation_error * hz);
        break;
    }
    set(Quantity::audio_bandwidth_hz, found.audio_width * hz, 0.05 * found.audio_width * hz);
    return true;
}

Track::Track(int max_samples) : impl_(std::make_unique<Impl>(max_samples)) {}
Track::~Track() = default;
Track::Track(Track&&) noexcept = default;

void Track::clear() noexcept
{
    impl_->lines.clear();
    impl_->score_count = impl_->decisions = 0;
    impl_->rate_weight = 0.0;
}

Measurer::Measurer(int max_samples) : impl_(std::make_unique<Impl>(max_samples)) {}
Measurer::~Measurer() = default;
Measurer::Measurer(Measurer&&) noexcept = default;

const Measurement& Measurer::measure(const Decision& decision, Track* track) noexcept
{
    Impl& m = *impl_;
    m.track = track ? track->impl_.get() : nullptr;
    m.result = {};
    m.hz = decision.sample_rate_hz;
    m.is_tone_like = false;
    const RoughBand band{ decision.center_hz / decision.sample_rate_hz, decision.bandwidth_hz / decision.sample_rate_hz, decision.passband };
    if (!(decision.sample_rate_hz > 0.0) || !m.front.load(decision.pieces, decision.piece_count, band)) {
        m.result.refusal = Refusal::no_samples;
        return m.result;
    }
    if (m.front.samples() < kMinSamples) {
        m.result.refusal = Refusal::too_short;
        return m.result;
    }
    const std::uint32_t wanted = decision.families;
    m.look_at_envelope();
    (void)(((wanted & families::css) && (wanted == families::css || m.variation < kFirm) && m.try_chirp()) || ((wanted & families::fsk) && m.try_fsk(decision.is_fsk_likely)) ||
           ((wanted & families::ofdm) && (wanted == families::ofdm || m.kurtosis > kNormal) && m.try_ofdm()) || ((wanted & families::ask) && m.try_on_off()) ||
           ((wanted & families::linear) && !m.is_tone_like && m.try_linear()) ||
           ((wanted & (families::am | families::fm | families::cw)) && m.try_analog(wanted)));
    return m.result;
}

} // namespace prunedamr::measure
