// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/teaching.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace prunedamr::receiver {
namespace {

constexpr double kSnrStepDb = 10.0;
constexpr double kOtherClasses = 2.0; ///< square of the distance between two that have no class in common

double squared(double x)
{
    return x * x;
}

double number_of(const nlohmann::json& json, const char* key)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_number() ? found->get<double>() : 0.0;
}

double log2_of(double hz)
{
    return hz > 1.0 ? std::log2(hz) : 0.0;
}

double rounded(double value)
{
    return std::round(1e4 * value) / 1e4;
}

} // namespace

Traits Traits::of(const stream::LabelEvent& event)
{
    Traits traits;
    traits.top = event.top;
    traits.top_count = event.top_count;
    traits.octaves = log2_of(event.bandwidth_hz);
    traits.snr_db = std::isfinite(event.snr_db) ? static_cast<double>(event.snr_db) : 0.0;
    if (const auto& rate = event.measured[measure::Quantity::symbol_rate_hz])
        traits.rate_octaves = log2_of(rate->value);
    return traits;
}

Traits Traits::of_json(const std::string& event)
{
    Traits traits;
    const nlohmann::json json = nlohmann::json::parse(event, nullptr, false);
    if (!json.is_object())
        return traits;
    const nlohmann::json top = json.value("top", nlohmann::json());
    for (const auto& pair : top.is_array() ? top : nlohmann::json::array())
        if (traits.top_count < stream::LabelEvent::kTop && pair.is_array() && pair.size() == 2 &&
            pair[0].is_string() && pair[1].is_number())
            traits.top[static_cast<std::size_t>(traits.top_count++)] = {
                std::string_view(pair[0].get_ref<const std::string&>()), pair[1].get<float>()
            };
    traits.octaves = log2_of(number_of(json, "bandwidth_hz"));
    traits.snr_db = number_of(json, "snr_db");
    if (const auto measured = json.find("measured"); measured != json.end() && measured->is_object())
        traits.rate_octaves = log2_of(number_of(*measured, "symbol_rate_hz"));
    return traits;
}

double similarity(const Traits& a, const Traits& b)
{
    double common = 0.0, most = 0.0;
    for (int i = 0; i < a.top_count; ++i) {
        most += static_cast<double>(a.top[static_cast<std::size_t>(i)].probability);
        for (int k = 0; k < b.top_count; ++k)
            if (a.top[static_cast<std::size_t>(i)].label.view() == b.top[static_cast<std::size_t>(k)].label.view())
                common += static_cast<double>(std::min(a.top[static_cast<std::size_t>(i)].probability,
                                                       b.top[static_cast<std::size_t>(k)].probability));
    }
    const double classes = kOtherClasses * (most > 0.0 ? std::max(0.0, 1.0 - common / most) : 0.0);
    const bool is_one_measured = (a.rate_octaves > 0.0) != (b.rate_octaves > 0.0);
    const double rates = is_one_measured ? 1.0 : squared(a.rate_octaves - b.rate_octaves);
    return std::exp(
        -(classes + rates + squared(a.octaves - b.octaves) + squared((a.snr_db - b.snr_db) / kSnrStepDb)));
}

Teaching Teaching::of(const stream::LabelEvent& event, double novelty)
{
    Teaching teaching;
    teaching.disagreement = static_cast<double>(event.disagreement);
    const auto& top = event.top;
    const double margin = event.top_count > 1 ? static_cast<double>(top[0].probability - top[1].probability) : 0.0;
    teaching.doubt = event.state == stream::State::unknown ? 1.0 : std::clamp(1.0 - margin, 0.0, 1.0);
    teaching.novelty = novelty;
    return teaching;
}

double Teaching::score() const
{
    return std::max(disagreement, doubt) * novelty;
}

std::string Teaching::to_json() const
{
    return nlohmann::ordered_json{
        { "score", rounded(score()) },
        { "disagreement", rounded(disagreement) },
        { "doubt", rounded(doubt) },
        { "novelty", rounded(novelty) }
    }.dump();
}

double Teaching::score_of_json(const std::string& text)
{
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    return json.is_object() ? number_of(json, "score") : 0.0;
}

} // namespace prunedamr::receiver
