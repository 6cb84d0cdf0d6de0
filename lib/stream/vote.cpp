// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/vote.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::stream {
namespace {

void write(LabelEvent& event, State state, std::string_view label, std::string_view family,
           double confidence) noexcept
{
    event.state = state;
    event.label.assign(label);
    event.family.assign(family);
    event.confidence = static_cast<float>(confidence);
}

} // namespace

void probabilities(const float* logits, std::size_t classes, double temperature, double* result) noexcept
{
    const double largest = *std::max_element(logits, logits + classes);
    double total = 0.0;
    for (std::size_t c = 0; c < classes; ++c)
        total += result[c] = std::exp((logits[c] - largest) / temperature);
    for (std::size_t c = 0; c < classes; ++c)
        result[c] /= total;
}

Vote::Vote(const graph::Network& network, double min_confidence)
    : labels_(network.labels), temperature_(network.decision.temperature), min_confidence_(min_confidence),
      sum_(network.labels.size()), frame_(network.labels.size())
{
    for (const auto& family : network.families) {
        const auto known = std::find(families_.begin(), families_.end(), family);
        family_of_.push_back(static_cast<std::size_t>(known - families_.begin()));
        if (known == families_.end())
            families_.push_back(family);
    }
}

void Vote::reset() noexcept
{
    std::fill(sum_.begin(), sum_.end(), 0.0);
    frames_ = 0;
}

void Vote::add(const float* logits, int frames) noexcept
{
    const std::size_t classes = sum_.size();
    for (int f = 0; f < frames; ++f, logits += classes) {
        probabilities(logits, classes, temperature_, frame_.data());
        for (std::size_t c = 0; c < classes; ++c)
            sum_[c] += frame_[c];
    }
    frames_ += static_cast<std::uint64_t>(frames);
}

double Vote::family_probability(std::size_t family) const noexcept
{
    double sum = 0.0;
    for (std::size_t c = 0; c < sum_.size(); ++c)
        if (family_of_[c] == family)
            sum += sum_[c];
    return sum / static_cast<double>(frames_);
}

void Vote::write_top(LabelEvent& event) const noexcept
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
        event.top[i].probability = static_cast<float>(sum_[next] / static_cast<double>(frames_));
    }
}

void Vote::decide(LabelEvent& event) const noexcept
{
    event.top_count = 0;
    if (frames_ == 0)
        return write(event, State::unknown, "unknown", "unknown", 0.0);
    write_top(event);
    const auto top = static_cast<std::size_t>(std::max_element(sum_.begin(), sum_.end()) - sum_.begin());
    const double confidence = sum_[top] / static_cast<double>(frames_);
    const std::string& family = families_[family_of_[top]];
    if (confidence >= min_confidence_)
        return write(event, family == "noise" ? State::noise : State::signal, labels_[top], family, confidence);
    std::size_t best = 0;
    for (std::size_t f = 1; f < families_.size(); ++f)
        if (family_probability(f) > family_probability(best))
            best = f;
    if (families_[best] != "noise" && family_probability(best) >= min_confidence_)
        return write(event, State::signal, families_[best], families_[best], family_probability(best));
    if (family == "noise")
        return write(event, State::noise, labels_[top], family, confidence);
    write(event, State::unknown, "unknown", "unknown", confidence);
}

void decide_noise(LabelEvent& event) noexcept
{
    event.top_count = 0;
    write(event, State::noise, "noise", "noise", 1.0);
}

} // namespace prunedamr::stream
