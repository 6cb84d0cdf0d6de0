// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/class_likelihood.h"

#include "prunedamr/measure/measurer.h"
#include "prunedamr/model/class_table.h"

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
    { "noise", 0, { 990, 0.1, 1, 0.1, 1, 3, 1, 1, 1 } },
    { "unknown", 0, { 300, 20, 100, 20, 50, 250, 60, 100, 100 } },
    { "CW", measure::families::cw, { 100, 0.3, 1, 0.3, 5, 3, 850, 40, 3 } },
    { "ASK", measure::families::ask, { 150, 0.3, 3, 0.3, 500, 400, 10, 10, 1 } },
    { "PSK", measure::families::psk, { 120, 0.3, 10, 0.3, 10, 850, 1, 1, 5 } },
    { "QAM", measure::families::qam, { 150, 0.3, 1, 0.3, 5, 850, 1, 1, 1 } },
    { "APSK", measure::families::apsk, { 150, 0.3, 1, 0.3, 5, 850, 1, 1, 1 } },
    { "FSK", measure::families::fsk, { 100, 1, 820, 0.5, 2, 60, 2, 2, 20 } },
    { "AM", measure::families::am, { 400, 0.3, 1, 0.3, 10, 10, 60, 500, 5 } },
    { "FM", measure::families::fm, { 200, 1, 20, 0.5, 1, 5, 20, 10, 750 } },
    { "OFDM", measure::families::ofdm, { 300, 0.3, 1, 650, 1, 40, 1, 1, 1 } },
    { "CSS", measure::families::css, { 100, 850, 20, 10, 1, 5, 1, 1, 10 } },
};

const FamilyRow* family_row(std::string_view name)
{
    const auto* row = std::find_if(std::begin(kFamilies), std::end(kFamilies), [&](const auto& f) { return f.name == name; });
    return row == std::end(kFamilies) ? nullptr : row;
}

/// Labels that are measured and not learnt, and what part of the probability of linear families and of unknown they
/// have beforehand.
constexpr struct {
    const char* label;
    double part;
} kMeasuredOnly[] = { { "16PSK", 0.03 },  { "32QAM", 0.03 },  { "128QAM", 0.02 }, { "16APSK", 0.03 },
                      { "32APSK", 0.03 }, { "pi/2-BPSK", 0.02 }, { "8FSK", 0.03 } };
constexpr double kUnknownAtLeast = 0.7; ///< when the network has decided so
constexpr double kWeight = 0.5;         ///< of the alphabets' log likelihoods: symbols are not quite as they should be
constexpr double kFloor = -7.0;         ///< ln likelihood, at least, of what the numbers contradict
constexpr double kUnknownFits = 0.03, kUnknownNear = 0.5; ///< likelihood of a fit when the signal has no name
constexpr double kRefusedFit = 1.0;     ///< `fit` from which on an alphabet is refused

double normal_cdf(double x)
{
    return 0.5 * std::erfc(-x * M_SQRT1_2);
}

double at_least(double likelihood)
{
    return std::max(likelihood, std::exp(kFloor));
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
    const double shaped = normal_cdf((found.shape - 0.11) / 0.015), narrow = normal_cdf((found.shape - 0.2) / 0.02);
    const double half = normal_cdf((index.value - 0.465) / error) - normal_cdf((index.value - 0.535) / error);
    if (label == "MSK")
        return at_least(half * ((1.0 - shaped) + shaped * narrow));
    if (label == "GFSK")
        return at_least(shaped * (1.0 - half * narrow));
    return at_least((1.0 - shaped) * (label == "CPFSK" ? half : 1.0 - half));
}

/// Narrow and wide FM by deviation over the highest frequency of the audio.
double modulated(std::string_view label, const Measurement& found)
{
    const auto &deviation = found[Quantity::deviation_hz], &audio = found[Quantity::audio_bandwidth_hz];
    if (!deviation || !audio || !(audio->value > 0.0))
        return 0.5;
    const double narrow = normal_cdf((2.0 - deviation->value / audio->value) / 0.3);
    return label == "NBFM" ? at_least(narrow) : label == "WBFM" ? at_least(1.0 - narrow) : 0.5;
}

/// Of a linear modulation's symbols, under one alphabet.
double lettered(std::string_view label, const Measurement& found)
{
    if (found.score_count == 0)
        return 1.0; // too few symbols: a rate alone
    const auto end = found.scores.begin() + found.score_count;
    const auto score = std::find_if(found.scores.begin(), end, [&](const auto& s) { return s.name == label && !s.is_decoy; });
    const double gap = score == end ? kFloor : std::max(kFloor, kWeight * (score->log_likelihood - found.scores[0].log_likelihood));
    const bool is_refused = !found.is_accepted && found[Quantity::fit] && found[Quantity::fit]->value > kRefusedFit;
    return std::exp(gap) * (is_refused ? 0.1 : 1.0);
}

double likelihood(std::string_view label, std::string_view family, const Measurement& found)
{
    if (label == model::kUnknownLabel) {
        if (found.method != Method::linear || found.score_count == 0)
            return 1.0;
        return found.is_other ? 1.0 : found.is_accepted ? kUnknownFits : kUnknownNear;
    }
    switch (found.method) {
    case Method::fsk:
        return family == "FSK" ? keyed(label, found) : 1.0;
    case Method::linear:
        return belongs_to(found.method, family) ? lettered(label, found) : 1.0;
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
    count_ = 0;
    const auto add = [&](std::string_view label, double probability) {
        const model::Modulation* row = model::find_modulation(label);
        if (Entry* same = row ? find(row->name) : nullptr)
            same->probability += probability;
        else if (count_ < kMaxClasses)
            entries_[count_++] = { row ? row->name : label, row ? row->family : label, probability };
    };
    for (std::size_t c = 0; c < network.classes; ++c)
        add(network.labels[c], network.probabilities[c]);
    if (!find(model::kUnknownLabel))
        add(model::kUnknownLabel, 0.0);
    if (Entry& entry = *find(model::kUnknownLabel); is_unknown && entry.probability < kUnknownAtLeast) {
        const double scale = (1.0 - kUnknownAtLeast) / (1.0 - entry.probability);
        for (int i = 0; i < count_; ++i)
            entries_[i].probability *= scale;
        entry.probability = kUnknownAtLeast;
    }
    const double linear = family_probability("PSK") + family_probability("QAM") + family_probability("APSK");
    const double fsk = family_probability("FSK");
    double given = 0.0;
    for (const auto& row : kMeasuredOnly)
        if (!find(row.label)) {
            const double part = row.part * ((model::find_modulation(row.label)->family == std::string_view("FSK") ? fsk : linear) + unknown());
            add(row.label, part);
            given += part;
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

void ClassPosterior::update(const Measurement& found, bool is_signal) noexcept
{
    double total = 0.0;
    for (int i = 0; i < count_; ++i) {
        Entry& entry = entries_[i];
        const FamilyRow* row = family_row(entry.family);
        if (is_signal && entry.family == model::kNoiseFamily)
            entry.probability = 0.0;
        const double met = row ? 1e-3 * row->met[static_cast<int>(found.method)] : 0.01;
        total += entry.probability *= met * likelihood(entry.label, entry.family, found);
    }
    for (int i = 0; i < count_; ++i)
        entries_[i].probability /= total > 0.0 ? total : 1.0;
}

ClassPosterior::Choice ClassPosterior::best_class() const noexcept
{
    Choice best;
    for (int i = 0; i < count_; ++i)
        if (const Entry& e = entries_[i]; e.label != model::kUnknownLabel && e.probability > best.probability)
            best = { e.label, e.family, e.probability };
    return best;
}

ClassPosterior::Choice ClassPosterior::best_family() const noexcept
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
