// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/modulators.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::synth {
namespace {

constexpr int kTries = 64; ///< to place points apart, for all of an alphabet together

std::complex<float> on_circle(double radius, double turns)
{
    return std::polar(static_cast<float>(radius), static_cast<float>(2.0 * M_PI * turns));
}

/// Points of a linear modulation that has no name: equal steps of phase, rings, levels, or no order at all.
const std::vector<std::string> kLayouts = { "phases", "rings", "levels", "scattered" };
enum Layout { phases, rings, levels, scattered };

bool is_power_of_two(int count)
{
    return (count & (count - 1)) == 0;
}

/// Up to 8 phases in a number that is no power of two, more in any.
Samples draw_phases(int count, Rng& rng)
{
    count += count <= 8 && is_power_of_two(count) ? (rng.chance(0.5) ? 1 : -1) : 0;
    Samples points;
    for (int k = 0; k < count; ++k)
        points.push_back(on_circle(1.0, static_cast<double>(k) / count));
    return points;
}

/// Two rings at least, each with a start of its own.
Samples draw_rings(int count, Rng& rng)
{
    Samples points;
    double radius = rng.uniform(0.5, 1.5);
    for (int ring = 0; ring < 2 || static_cast<int>(points.size()) < count; ++ring) {
        const int room = std::max(2, (count - static_cast<int>(points.size())));
        const int on_ring =
            static_cast<int>(rng.integer(std::min(3, room), std::max(3, std::min(room, 8 * (ring + 1)))));
        const double start = rng.uniform();
        for (int k = 0; k < on_ring; ++k)
            points.push_back(on_circle(radius, start + static_cast<double>(k) / on_ring));
        radius += rng.uniform(0.6, 1.6);
    }
    return points;
}

/// More than four levels on a line, symmetric about zero or all of one sign.
Samples draw_levels(int count, Rng& rng)
{
    count = std::max(5, count);
    const bool one_sign = rng.chance(0.3);
    Samples points;
    for (int k = 0; k < count; ++k)
        points.emplace_back(static_cast<float>(one_sign ? k : 2 * k + 1 - count), 0.0f);
    return points;
}

/// Anywhere in a square, as far from each other as a few tries make it.
Samples draw_scattered(int count, Rng& rng)
{
    count = std::max(5, count);
    Samples points;
    for (int k = 0; k < count; ++k) {
        std::complex<float> best;
        float best_distance = -1.0f;
        for (int t = 0; t < kTries / count + 1; ++t) {
            const std::complex<float> point = { static_cast<float>(rng.uniform(-1.0, 1.0)),
                                                static_cast<float>(rng.uniform(-1.0, 1.0)) };
            float distance = 10.0f;
            for (const auto& other : points)
                distance = std::min(distance, std::abs(point - other));
            if (distance > best_distance) {
                best = point;
                best_distance = distance;
            }
        }
        points.push_back(best);
    }
    return points;
}

class AlphabetModulator : public Modulator
{
public:
    explicit AlphabetModulator(JsonObject& fields)
        : layout_(fields, "layout", kLayouts), points_(fields, "points", 3, 256),
          turning_(fields.number("turning", 0.0, 1.0)), repeated_(fields.number("repeated", 0.0, 1.0)),
          word_(fields, "word", 2, 4096), samples_per_symbol_(fields, "samples_per_symbol", 1.0, 1e6),
          roll_off_(fields, "roll_off", 0.01, 0.99), rectangular_(fields.number("rectangular", 0.0, 1.0))
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        LinearConfig config;
        config.pulse = rng.chance(rectangular_) ? Pulse::rectangular : Pulse::root_raised_cosine;
        config.shape = roll_off_.draw(rng);
        const double bandwidth = linear_bandwidth(config.pulse, config.shape);
        config.samples_per_symbol = draw_symbol_duration(samples_per_symbol_, bandwidth, limits, rng);
        config.first_instant = -(kPulseReach + rng.uniform()) * config.samples_per_symbol;
        const int symbols = static_cast<int>(count / config.samples_per_symbol) + 2 * kPulseReach + 3;
        return { modulate_linear(draw_symbols(symbols, rng), config, count),
                 bandwidth / config.samples_per_symbol };
    }

private:
    Samples draw_points(int layout, Rng& rng) const
    {
        const auto count = static_cast<int>(std::lround(points_.draw(rng)));
        switch (layout) {
        case Layout::phases:
            return draw_phases(count, rng);
        case Layout::rings:
            return draw_rings(count, rng);
        case Layout::levels:
            return draw_levels(count, rng);
        default:
            return draw_scattered(count, rng);
        }
    }

    Samples draw_symbols(int count, Rng& rng) const
    {
        const Samples points = draw_points(layout_.draw(rng), rng);
        const double turn = rng.chance(turning_) ? rng.uniform() : 0.0;
        const auto word = static_cast<std::size_t>(rng.chance(repeated_) ? std::lround(word_.draw(rng))
                                                                         : static_cast<long>(count));
        Samples out(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] =
                i < word
                    ? points[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(points.size()) - 1))]
                    : out[i - word];
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] *= on_circle(1.0, std::fmod(turn * static_cast<double>(i), 1.0));
        return out;
    }

    WeightedChoice layout_;
    Distribution points_;
    double turning_;    ///< probability that each symbol is turned on by one angle more
    double repeated_;   ///< probability that one word is sent over and over
    Distribution word_; ///< its symbols
    Distribution samples_per_symbol_;
    Distribution roll_off_;
    double rectangular_;
};

/// Frequency shift keying with tones in a number, or at distances, that no class has.
class TonesModulator : public Modulator
{
public:
    explicit TonesModulator(JsonObject& fields)
        : tones_(fields, "tones", 3, 64), uneven_(fields.number("uneven", 0.0, 1.0)),
          index_(fields, "index", 0.01, 100.0), gaussian_(fields.number("gaussian", 0.0, 1.0)),
          bt_(fields, "gaussian_bt", 0.1, 10.0), samples_per_symbol_(fields, "samples_per_symbol", 1.0, 1e6)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        const auto tones = draw_tones(rng);
        CpmConfig config;
        config.modulation_index = index_.draw(rng);
        config.bt = rng.chance(gaussian_) ? bt_.draw(rng) : 0.0;
        const double bandwidth = 0.5 * config.modulation_index * (tones.back() - tones.front()) + 1.0;
        config.samples_per_symbol = draw_symbol_duration(samples_per_symbol_, bandwidth, limits, rng);
        config.first_symbol = -(3.0 + rng.uniform()) * config.samples_per_symbol;
        std::vector<float> levels(static_cast<std::size_t>(count / config.samples_per_symbol) + 8);
        for (auto& level : levels)
            level = tones[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(tones.size()) - 1))];
        return { modulate_cpm(levels, config, count), bandwidth / config.samples_per_symbol };
    }

private:
    /// Ascending, 2 apart or, if uneven, from 1 to 5; around zero. Four that are even are five.
    std::vector<float> draw_tones(Rng& rng) const
    {
        const bool uneven = rng.chance(uneven_);
        auto count = static_cast<std::size_t>(std::lround(tones_.draw(rng)));
        count += !uneven && count == 4;
        std::vector<float> tones(count);
        for (std::size_t k = 1; k < count; ++k)
            tones[k] = tones[k - 1] + (uneven ? static_cast<float>(rng.uniform(1.0, 5.0)) : 2.0f);
        const float middle = 0.5f * (tones.front() + tones.back());
        for (auto& tone : tones)
            tone -= middle;
        return tones;
    }

    Distribution tones_;
    double uneven_;
    Distribution index_; ///< of the distance of two even tones
    double gaussian_;
    Distribution bt_;
    Distribution samples_per_symbol_;
};

} // namespace

std::unique_ptr<Modulator> make_alphabet_modulator(JsonObject& fields)
{
    return std::make_unique<AlphabetModulator>(fields);
}

std::unique_ptr<Modulator> make_tones_modulator(JsonObject& fields)
{
    return std::make_unique<TonesModulator>(fields);
}

} // namespace prunedamr::synth
