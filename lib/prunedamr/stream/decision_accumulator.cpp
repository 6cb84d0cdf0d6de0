// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/decision_accumulator.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunedamr::stream {
namespace {

constexpr float kStrongSnrDb = 15.0f; ///< from which on noise is no answer ...
constexpr double kPartOfBand = 0.5;   ///< ... in less than this of the band: more may be noise behind a filter
constexpr double kSure = 0.4;         ///< as `is_sure` says

void write(LabelEvent& event, State state, std::string_view label, std::string_view family,
           double confidence) noexcept
{
    event.state = state;
    event.label.assign(label);
    event.family.assign(family);
    event.confidence = static_cast<float>(confidence);
}

} // namespace

bool is_sure(double probability, double min_confidence) noexcept
{
    return probability >= std::max(kSure, min_confidence);
}

void decide(LabelEvent& event, const Choice& best_class, const Choice& best_family, double min_confidence) noexcept
{
    const auto write_choice = [&](const Choice& choice) {
        write(event, choice.is_noise() ? State::noise : State::signal, choice.label, choice.family, choice.probability);
    };
    if (is_sure(best_class.probability, min_confidence))
        return write_choice(best_class);
    if (is_sure(best_family.probability, min_confidence) && !best_family.is_noise())
        return write_choice(best_family);
    if (best_class.is_noise() || best_class.probability >= min_confidence)
        return write_choice(best_class);
    decide_unknown(event, best_class.probability);
}

void decide_unknown(LabelEvent& event, double probability) noexcept
{
    write(event, State::unknown, model::kUnknownLabel, model::kUnknownLabel, probability);
}

DecisionAccumulator::DecisionAccumulator(const model::ModelInfo& info, const model::Decision& decision)
    : labels_(info.labels), reader_(info, decision), decision_(decision), sum_(info.labels.size()),
      frame_(info.labels.size()), mean_(info.labels.size())
{
    for (const auto& family : info.families) {
        const auto known = std::find(families_.begin(), families_.end(), family);
        family_of_.push_back(static_cast<std::size_t>(known - families_.begin()));
        if (known == families_.end())
            families_.push_back(family);
    }
}

void DecisionAccumulator::reset() noexcept
{
    std::fill(sum_.begin(), sum_.end(), 0.0);
    unknown_scores_ = 0.0;
    first_ = {};
    frames_ = answers_ = 0;
}

void DecisionAccumulator::add(const float* logits, int frames) noexcept
{
    const std::size_t classes = sum_.size();
    for (int f = 0; f < frames; ++f, logits += classes) {
        reader_.probabilities(logits, frame_.data());
        if (std::isnan(frame_[0]))
            continue;
        const double unknown_score = reader_.unknown_score(logits);
        if (answers_++ == 0)
            first_ = { *std::max_element(frame_.begin(), frame_.end()), unknown_score };
        unknown_scores_ += unknown_score;
        for (std::size_t c = 0; c < classes; ++c)
            sum_[c] += frame_[c];
    }
    frames_ += static_cast<std::uint64_t>(frames);
}

void DecisionAccumulator::add(const DecisionAccumulator& other) noexcept
{
    for (std::size_t c = 0; c < sum_.size(); ++c)
        sum_[c] += other.sum_[c];
    if (answers_ == 0)
        first_ = other.first_;
    unknown_scores_ += other.unknown_scores_;
    frames_ += other.frames_;
    answers_ += other.answers_;
}

double DecisionAccumulator::family_probability(std::size_t family) const noexcept
{
    double sum = 0.0;
    for (std::size_t c = 0; c < sum_.size(); ++c)
        if (family_of_[c] == family)
            sum += sum_[c];
    return sum / static_cast<double>(answers_);
}

void DecisionAccumulator::write_top(LabelEvent& event) const noexcept
{
    event.top_count = std::min<int>(LabelEvent::kTop, static_cast<int>(sum_.size()));
    std::array<std::size_t, LabelEvent::kTop> best{};
    for (int i = 0; i < event.top_count; ++i) {
        std::size_t next = sum_.size();
        for (std::size_t c = 0; c < sum_.size(); ++c)
            if (std::find(best.begin(), best.begin() + i, c) == best.begin() + i &&
                (next == sum_.size() || sum_[c] > sum_[next]))
                next = c;
        best[i] = next;
        event.top[i].label.assign(labels_[next]);
        event.top[i].probability = static_cast<float>(sum_[next] / static_cast<double>(answers_));
    }
}

std::size_t DecisionAccumulator::best_class(std::size_t favored) noexcept
{
    const auto frames = static_cast<double>(answers_);
    for (std::size_t c = 0; c < sum_.size(); ++c)
        frame_[c] = sum_[c] / frames + (c == favored ? decision_.hysteresis : 0.0);
    return reader_.decide(frame_.data(), unknown_scores_ / frames);
}

Choice DecisionAccumulator::best_family(std::size_t first) const noexcept
{
    std::size_t best = family_of_[first];
    for (std::size_t f = 0; f < families_.size(); ++f)
        if (families_[f] != model::kUnknownLabel && family_probability(f) > family_probability(best))
            best = f;
    return { families_[best], families_[best], family_probability(best) };
}

void DecisionAccumulator::decide(LabelEvent& event) noexcept
{
    event.top_count = 0;
    is_answered_ = answers_ > 0;
    for (std::size_t c = 0; c < sum_.size(); ++c)
        mean_[c] = sum_[c] / static_cast<double>(answers_);
    const std::size_t before = std::exchange(previous_label_, kNone);
    if (answers_ == 0)
        return decide_unknown(event, 0.0);
    event.frame_confidence = static_cast<float>(first_.confidence);
    event.unknown_score = static_cast<float>(first_.unknown_score);
    write_top(event);
    const std::size_t top = best_class(before);
    if (top == model::LogitReader::kUnknown)
        return decide_unknown(event, event.top[0].probability);
    const Choice best{ labels_[top], families_[family_of_[top]], mean_[top] };
    stream::decide(event, best, best_family(top), decision_.min_confidence);
    if (event.state == State::unknown)
        event.confidence = event.top[0].probability; // which the hysteresis may have passed over
    else if (!best.is_noise())
        previous_label_ = top;
}

void decide_noise(LabelEvent& event) noexcept
{
    event.top_count = 0;
    write(event, State::noise, model::kNoiseFamily, model::kNoiseFamily, 1.0);
}

void doubt_strong_noise(LabelEvent& event) noexcept
{
    const bool strong =
        event.snr_db >= kStrongSnrDb && event.bandwidth_hz < kPartOfBand * event.sample_rate_hz;
    if (event.state == State::noise && strong && event.note.view() != kDcSpike)
        decide_unknown(event, event.top_count > 0 ? event.top[0].probability : 0.0);
}

} // namespace prunedamr::stream
