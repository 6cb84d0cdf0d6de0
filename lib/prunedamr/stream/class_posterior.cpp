// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/class_posterior.h"

#include "prunedamr/measure/measurer.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/stream/prover.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::stream {
namespace {

using measure::Measurement;
using measure::Method;
using measure::Quantity;

constexpr int kMethods = 9;

/// Each family: its bits, and the probability of each method's conditions being met by its signals, in thousandths. In
/// the order of `measure::Method`: none, chirp, FSK, OFDM, on-off, linear, carrier, AM, FM. From made signals.
struct FamilyRow {
    std::string_view name;
    std::uint32_t bits;
    std::array<double, kMethods> met;
};
constexpr FamilyRow kFamilies[] = {
    { model::kNoiseFamily, 0, { 1000, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 } },
    { model::kUnknownLabel, 0, { 380, 40, 110, 40, 30, 250, 20, 30, 100 } },
    { "CW", measure::families::cw, { 330, 2, 2, 2, 4, 4, 350, 100, 200 } },
    { "ASK", measure::families::ask, { 240, 6, 4, 30, 330, 340, 8, 40, 25 } },
    { "PSK", measure::families::psk, { 210, 2, 10, 10, 15, 740, 2, 2, 6 } },
    { "QAM", measure::families::qam, { 190, 2, 3, 15, 15, 770, 2, 2, 3 } },
    { "APSK", measure::families::apsk, { 190, 2, 2, 10, 12, 785, 2, 2, 3 } },
    { "FSK", measure::families::fsk, { 200, 2, 580, 15, 3, 200, 3, 4, 25 } },
    { "AM", measure::families::am, { 550, 8, 20, 50, 10, 50, 30, 190, 90 } },
    { "FM", measure::families::fm, { 380, 2, 12, 25, 2, 5, 8, 10, 550 } },
    { "OFDM", measure::families::ofdm, { 360, 2, 2, 430, 2, 200, 2, 2, 3 } },
    { "CSS", measure::families::css, { 110, 850, 20, 8, 2, 4, 2, 2, 8 } },
};

const FamilyRow* family_row(std::string_view name)
{
    const auto* row = std::find_if(std::begin(kFamilies), std::end(kFamilies), [&](const auto& f) { return f.name == name; });
    return row == std::end(kFamilies) ? nullptr : row;
}

/// Labels that are measured and not learnt: what part they have beforehand of the probability of the classes that the
/// network takes their signals for, and of unknown.
struct MeasuredOnly {
    const char* label;
    double part;
    std::array<std::string_view, 6> hosts;
};
constexpr MeasuredOnly kMeasuredOnly[] = {
    { "16PSK", 0.03, { "8PSK", "pi/4-DQPSK", "QPSK", "OQPSK" } },
    { "32QAM", 0.03, { "16QAM", "64QAM", "256QAM", "8PSK" } },
    { "128QAM", 0.03, { "16QAM", "64QAM", "256QAM" } },
    { "16APSK", 0.03, { "16QAM", "64QAM", "256QAM", "8PSK", "pi/4-DQPSK" } },
    { "32APSK", 0.03, { "16QAM", "64QAM", "256QAM", "8PSK", "pi/4-DQPSK" } },
    { "pi/2-BPSK", 0.02, { "BPSK", "QPSK", "OQPSK", "MSK" } },
    { "8FSK", 0.03, { "4FSK", "2FSK" } },
};
constexpr double kUnknownAtLeast = 0.7; ///< when the network has decided so, by its score
constexpr double kUnknownLeast = 0.02;  ///< in any case, for alphabets that nobody has thought of
constexpr double kUnknownMissed = 0.5;  ///< of its probability, when the score says otherwise
constexpr double kLearnt = 0.2;        ///< what is left of the network's preference among names that a definition settles,
constexpr double kLearntTones = 0.93;  ///< and between 2FSK and the others, which the network tells well
constexpr double kSharper = 1.6;       ///< power of the network's mean probabilities, which are too cautious for a decision
constexpr double kMethodWeight = 0.75; ///< power of the probabilities of the methods: what was made is not all that is met
constexpr double kQuiet = 0.5;         ///< part of wide FM that is not loud enough to be seen as wide
constexpr double kUndefined = 0.03;    ///< likelihood, at least, of a name that a definition rules out: numbers may err
constexpr double kUnknownPart = 0.3;   ///< of unknown, that is taken into account for labels that are measured only
constexpr double kFloor = -7.0;        ///< ln likelihood, at least, of what the numbers contradict
constexpr double kWeight = 0.5;        ///< of the alphabets' log likelihoods: symbols are not quite as they should be
constexpr double kFits = 0.8;          ///< `fit` below which a decoy is believed
constexpr double kBlurred = 1.8, kClear = 2.7; ///< separation from which on phases count for something, for all
constexpr double kOddsPerNat = 12.0;   ///< of an alphabet with several amplitudes: odds of the fit that are worth a nat
constexpr double kSquareFits = 1.6;     ///< `fit` below which the order of a square QAM counts for all that it is worth
constexpr double kLetters = 0.9, kNoLetters = 0.4; ///< signals of linear families that have an accepted alphabet or not, over others
constexpr double kUnknownLetters = 0.03; ///< likelihood that a signal without a name has an alphabet with one

double normal_cdf(double x)
{
    return 0.5 * std::erfc(-x * M_SQRT1_2);
}

double at_least(double likelihood)
{
    return std::max(likelihood, kUndefined);
}

/// 2FSK, MSK and GFSK by index and shape. GMSK, a narrow Gaussian at index 0.5, is MSK's by definition.
double keyed(std::string_view label, const Measurement& found)
{
    const double tones = found[Quantity::tones]->value;
    const bool is_two = label == "2FSK" || label == "MSK" || label == "GFSK" || label == "CPFSK";
    if (tones != (is_two ? 2.0 : label == "4FSK" ? 4.0 : label == "8FSK" ? 8.0 : tones))
        return std::exp(kFloor);
    if (!is_two || found.is_index_bound) // the index is a lower bound: it decides nothing
        return is_two ? 0.33 : 1.0;
    const auto index = *found[Quantity::modulation_index];
    const double error = std::hypot(std::isfinite(index.error) ? index.error : 0.0, 0.01);
    const double shaped = normal_cdf((found.shape - 0.092) / 0.008), narrow = normal_cdf((found.shape - 0.2) / 0.02);
    const double half = normal_cdf((index.value - 0.465) / error) - normal_cdf((index.value - 0.535) / error);
    if (label == "MSK")
        return at_least(half * ((1.0 - shaped) + shaped * narrow));
    if (label == "GFSK")
        return at_least(shaped * (1.0 - half * narrow));
    return at_least((1.0 - shaped) * (label == "CPFSK" ? half : 1.0 - half));
}

/// Narrow and wide FM by deviation over the highest frequency of the audio. What was loud enough to reach wide FM is wide;
/// what was not may have been quiet.
double modulated(std::string_view label, const Measurement& found)
{
    const auto &deviation = found[Quantity::deviation_hz], &audio = found[Quantity::audio_bandwidth_hz];
    if (!deviation || !audio || !(audio->value > 0.0))
        return 0.5;
    const double narrow = normal_cdf((2.05 - deviation->value / audio->value) / 0.08);
    return label == "NBFM" ? at_least(narrow) : label == "WBFM" ? 1.0 - (1.0 - kQuiet) * narrow : 0.5;
}

/// What the fit of an alphabet is worth [nats]. Blurred points prove nothing: a phase that wanders makes dense PSK of
/// any PSK, and whatever is blurred enough is APSK.
double strength(const Measurement& found)
{
    if (found.score_count == 0 || !found[Quantity::fit])
        return 0.0;
    const double fit = found[Quantity::fit]->value;
    const std::string_view name = found.alphabet;
    if (!found.is_other && fit < kSquareFits && (name == "16QAM" || name == "64QAM" || name == "256QAM"))
        return -kFloor;
    if (!(found.is_accepted || (found.is_other && fit < kFits)))
        return 0.0;
    const bool has_phases_alone = name.find("PSK") != name.npos && name.find("APSK") == name.npos;
    const double clear = std::clamp((found.separation - kBlurred) / (kClear - kBlurred), 0.0, 1.0);
    const double odds = has_phases_alone ? 0.0 : std::max(0.0, found[Quantity::order_log_odds]->value) / kOddsPerNat;
    return std::max(-kFloor * clear, std::min(-kFloor, odds));
}

/// A line is a rate, not a family: FSK and OFDM have lines too, but no alphabet that fits.
double line(std::string_view family, const Measurement& found)
{
    const bool has_letters = found.is_accepted || (found.is_other && found[Quantity::fit] && found[Quantity::fit]->value < kFits);
    const double likely = belongs_to(Method::linear, family) ? (has_letters ? kLetters : kNoLetters) : has_letters ? 1.0 - kLetters : 1.0 - kNoLetters;
    return found.score_count > 0 ? likely : 0.5;
}

/// Of a linear modulation's symbols, under one alphabet.
double lettered(std::string_view label, const Measurement& found)
{
    const double most = strength(found);
    const auto end = found.scores.begin() + found.score_count;
    const auto score = std::find_if(found.scores.begin(), end, [&](const auto& s) { return s.name == label && !s.is_decoy; });
    return std::exp(score == end ? -most : std::max(-most, kWeight * (score->log_likelihood - found.scores[0].log_likelihood)));
}

double likelihood(std::string_view label, std::string_view family, const Measurement& found)
{
    if (label == model::kUnknownLabel) {
        const bool is_named = found.method == Method::linear && !found.is_other;
        return is_named ? std::max(kUnknownLetters, 0.5 * std::exp(-strength(found))) : found.method == Method::linear ? 0.5 : 1.0;
    }
    switch (found.method) {
    case Method::fsk:
        return family == "FSK" ? keyed(label, found) : 1.0;
    case Method::linear:
        return line(family, found) * (belongs_to(found.method, family) ? lettered(label, found) : 1.0);
    case Method::on_off:
        return family == "ASK" ? (label == "OOK" ? 1.0 : 0.02) : 1.0;
    case Method::am:
        return family == "AM" ? (label == "AM-DSB" || label == "AM-SSB-WC" ? 1.0 : 0.03) : 1.0;
    case Method::fm:
        return family == "FM" ? modulated(label, found) : 1.0;
    default:
        return 1.0;
    }
}

} // namespace

bool belongs_to(Method method, std::string_view family) noexcept
{
    const auto any = [&](std::initializer_list<std::string_view> of) { return std::find(of.begin(), of.end(), family) != of.end(); };
    switch (method) {
    case Method::none: return false;
    case Method::chirp: return any({ "CSS" });
    case Method::fsk: return any({ "FSK" });
    case Method::ofdm: return any({ "OFDM" });
    case Method::on_off: return any({ "ASK" });
    case Method::linear: return any({ "ASK", "PSK", "QAM", "APSK" });
    case Method::carrier: return any({ "CW", "AM" });
    case Method::am: return any({ "AM" });
    case Method::fm: return any({ "FM" });
    }
    return false;
}

ClassPosterior::Entry* ClassPosterior::find(std::string_view label) noexcept
{
    const auto end = entries_.begin() + count_;
    const auto entry = std::find_if(entries_.begin(), end, [&](const Entry& e) { return e.label == label; });
    return entry == end ? nullptr : &*entry;
}

void ClassPosterior::start(const Proposal& network, bool is_unknown) noexcept
{
    static_assert(Prover::kMaxClasses + std::size(kMeasuredOnly) + 1 <= kMaxClasses);
    count_ = 0;
    const auto add = [&](std::string_view label, double probability) {
        const model::Modulation* row = model::find_modulation(label);
        if (Entry* same = row ? find(row->name) : nullptr)
            same->probability += probability;
        else
            entries_[count_++] = { row ? row->name : label, row ? row->family : label, probability };
    };
    double total = 0.0;
    for (std::size_t c = 0; c < network.classes; ++c)
        total += std::pow(network.probabilities[c], kSharper);
    for (std::size_t c = 0; c < network.classes; ++c)
        add(network.labels[c], std::pow(network.probabilities[c], kSharper) / total);
    if (!find(model::kUnknownLabel))
        add(model::kUnknownLabel, 0.0);
    Entry& entry = *find(model::kUnknownLabel);
    const double wanted = std::max(is_unknown ? kUnknownAtLeast : kUnknownLeast, (is_unknown ? 1.0 : kUnknownMissed) * entry.probability);
    const double scale = entry.probability < 1.0 ? (1.0 - wanted) / (1.0 - entry.probability) : 0.0;
    for (int i = 0; i < count_; ++i)
        entries_[i].probability *= scale;
    entry.probability = wanted;
    double given = 0.0;
    for (const MeasuredOnly& row : kMeasuredOnly)
        if (!find(row.label)) {
            double taken_for = kUnknownPart * unknown();
            for (const std::string_view host : row.hosts)
                if (const Entry* entry = host.empty() ? nullptr : find(host))
                    taken_for += entry->probability;
            add(row.label, row.part * taken_for);
            given += row.part * taken_for;
        }
    for (int i = 0; i < count_; ++i)
        entries_[i].probability /= 1.0 + given;
}

double ClassPosterior::family_probability(std::string_view family) const noexcept
{
    double sum = 0.0;
    for (int i = 0; i < count_; ++i)
        if (entries_[i].family == family)
            sum += entries_[i].probability;
    return sum;
}

std::uint32_t ClassPosterior::plausible_families(double least, bool only_sure) const noexcept
{
    // What is unknown may be any of them, a little.
    const double spread = only_sure ? 0.0 : 0.1 * unknown();
    std::uint32_t bits = 0;
    for (const FamilyRow& row : kFamilies)
        if (family_probability(row.name) + spread >= least && (!only_sure || row.name == "OFDM" || row.name == "CSS"))
            bits |= row.bits;
    return bits;
}

bool ClassPosterior::is_fsk_likely() const noexcept
{
    return family_probability("FSK") > 0.5;
}

/// Names that a definition settles once the numbers are there: what the network thought of them counts little.
void ClassPosterior::level(std::initializer_list<std::string_view> labels, double learnt) noexcept
{
    double sum = 0.0;
    int count = 0;
    for (const std::string_view label : labels)
        if (const Entry* entry = find(label)) {
            sum += entry->probability;
            ++count;
        }
    for (const std::string_view label : labels)
        if (Entry* entry = find(label))
            entry->probability = learnt * entry->probability + (1.0 - learnt) * sum / count;
}

void ClassPosterior::update(const Measurement& found, bool is_signal) noexcept
{
    if (found.method == Method::fsk) {
        level({ "MSK", "GFSK" }, kLearnt);
        level({ "2FSK", "MSK", "GFSK" }, kLearntTones);
    }
    double total = 0.0;
    for (int i = 0; i < count_; ++i) {
        Entry& entry = entries_[i];
        const FamilyRow* row = family_row(entry.family);
        if (is_signal && entry.family == model::kNoiseFamily)
            entry.probability = 0.0;
        const double met = std::pow(row ? 1e-3 * row->met[static_cast<int>(found.method)] : 0.01, kMethodWeight);
        total += entry.probability *= met * likelihood(entry.label, entry.family, found);
    }
    for (int i = 0; i < count_; ++i)
        entries_[i].probability /= total > 0.0 ? total : 1.0;
}

Choice ClassPosterior::best_class() const noexcept
{
    Choice best;
    for (int i = 0; i < count_; ++i)
        if (const Entry& e = entries_[i]; e.label != model::kUnknownLabel && e.probability > best.probability)
            best = { e.label, e.family, e.probability };
    return best;
}

Choice ClassPosterior::best_family() const noexcept
{
    Choice best;
    for (int i = 0; i < count_; ++i)
        if (const Entry& e = entries_[i]; e.family != model::kUnknownLabel && e.family != model::kNoiseFamily)
            if (const double p = family_probability(e.family); p > best.probability)
                best = { e.family, e.family, p };
    return best;
}

double ClassPosterior::unknown() const noexcept
{
    return family_probability(model::kUnknownLabel);
}

void ClassPosterior::write_top(LabelEvent& event) const noexcept
{
    event.top_count = std::min(LabelEvent::kTop, count_);
    std::array<bool, kMaxClasses> is_taken{};
    for (int rank = 0; rank < event.top_count; ++rank) {
        int best = -1;
        for (int i = 0; i < count_; ++i)
            if (!is_taken[i] && (best < 0 || entries_[i].probability > entries_[best].probability))
                best = i;
        is_taken[best] = true;
        event.top[rank].label.assign(entries_[best].label);
        event.top[rank].probability = static_cast<float>(entries_[best].probability);
    }
}

} // namespace prunedamr::stream
