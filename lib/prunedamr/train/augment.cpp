// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/augment.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/transforms.h"
#include "prunedamr/model/class_table.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::train {

Interpolator::Interpolator() : between_(7.0) {}

void Interpolator::extend(const float* x, int length, int margin)
{
    extended_.resize(static_cast<std::size_t>(length + 2 * margin));
    const int last = length - 1;
    for (int n = -margin; n < length + margin; ++n) {
        int inside = std::abs(n) % (2 * last); // the mirrored signal has this period
        inside = inside > last ? 2 * last - inside : inside;
        extended_[static_cast<std::size_t>(n + margin)] = x[inside];
    }
}

void Interpolator::read(const float* x, int length, double first, double rate, float* to)
{
    PRUNEDAMR_CHECK(length >= 2, "a signal of one sample has no mirror image");
    const double end = first + (length - 1) * rate;
    const double beyond = std::max({ 0.0, -std::min(first, end), std::max(first, end) - (length - 1) });
    PRUNEDAMR_CHECK(beyond < length, "no position lies farther outside than the signal is long");
    const int margin = kReach + 1 + static_cast<int>(std::ceil(beyond));
    extend(x, length, margin);
    for (int n = 0; n < length; ++n)
        to[n] = between_.at(extended_.data() + margin, first + n * rate);
}

namespace {

void rotate(float* frame, std::int64_t length, Rng& rng)
{
    const double phase = rng.uniform(0.0, 2.0 * M_PI);
    const auto c = static_cast<float>(std::cos(phase));
    const auto s = static_cast<float>(std::sin(phase));
    float* q = frame + length;
    for (std::int64_t n = 0; n < length; ++n) {
        const float in_phase = frame[n];
        frame[n] = c * in_phase - s * q[n];
        q[n] = s * in_phase + c * q[n];
    }
}

void conjugate(float* frame, std::int64_t length)
{
    std::transform(frame + length, frame + 2 * length, frame + length, [](float q) { return -q; });
}

/// Whether the table of classes tells a label from all others of a list: "USB" and "LSB" are one class to it.
bool told_apart(const std::string& name, const std::vector<std::string>& names)
{
    const auto same = [&](const std::string& other) { return model::find_modulation(other) == model::find_modulation(name); };
    return std::count_if(names.begin(), names.end(), same) == 1;
}

std::vector<std::int64_t> mirrors(const std::vector<std::string>& names)
{
    std::vector<std::int64_t> labels;
    for (const std::string& name : names) {
        const auto at = std::find(names.begin(), names.end(), model::mirror_of(name));
        labels.push_back(at == names.end() || !told_apart(name, names) ? -1 : at - names.begin());
    }
    return labels;
}

} // namespace

const std::vector<Augmentation>& augmentations()
{
    static const std::vector<Augmentation> list = {
        { "rotate", &AugmentConfig::rotate }, { "conjugate", &AugmentConfig::conjugate },
        { "shift", &AugmentConfig::shift },   { "resample", &AugmentConfig::resample },
        { "noise", &AugmentConfig::noise },
    };
    return list;
}

void choose_augmentations(AugmentConfig& config, const std::vector<std::string>& names)
{
    std::string known;
    for (const Augmentation& one : augmentations()) {
        config.*one.chosen = std::find(names.begin(), names.end(), one.name) != names.end();
        known += std::string(one.name) + ", ";
    }
    for (const std::string& name : names) {
        const bool found = std::any_of(augmentations().begin(), augmentations().end(),
                                       [&](const Augmentation& one) { return name == one.name; });
        if (!found && !(name == "none" && names.size() == 1))
            throw Error({ "unknown augmentation", "augment", name, known + "or none alone" });
    }
}

Augmenter::Augmenter(const AugmentConfig& config, const FrontEndSpec& front_end,
                     const std::vector<std::string>& class_names)
    : config_(config), front_end_(front_end), mirror_(mirrors(class_names)),
      scratch_(static_cast<std::size_t>(front_end.frame_length))
{
}

void Augmenter::apply(float* frame, std::int64_t& label, float snr_db, Rng& rng)
{
    const std::int64_t length = front_end_.frame_length;
    const std::int64_t mirror = mirror_[static_cast<std::size_t>(label)];
    if (config_.conjugate && rng.chance(0.5) && mirror >= 0) {
        conjugate(frame, length);
        label = mirror;
    }
    if (config_.shift)
        shift(frame, rng);
    if (config_.resample)
        resample(frame, rng);
    if (config_.noise)
        add_noise(frame, snr_db, rng);
    if (config_.resample || config_.noise)
        dataset::scale_frame(front_end_, frame);
    if (config_.rotate)
        rotate(frame, length, rng);
}

bool Augmenter::relabels() const
{
    for (std::size_t label = 0; label < mirror_.size(); ++label)
        if (config_.conjugate && mirror_[label] >= 0 && mirror_[label] != static_cast<std::int64_t>(label))
            return true;
    return false;
}

void Augmenter::shift(float* frame, Rng& rng)
{
    const std::int64_t length = front_end_.frame_length;
    const auto highest = static_cast<std::int64_t>(config_.shift_fraction * static_cast<double>(length));
    const std::int64_t left = (rng.integer(-highest, highest) + length) % length;
    for (float* branch : { frame, frame + length })
        std::rotate(branch, branch + left, branch + length);
}

void Augmenter::resample(float* frame, Rng& rng)
{
    const int length = front_end_.frame_length;
    const double rate = 1.0 + 1e-6 * rng.uniform(-config_.resample_ppm, config_.resample_ppm);
    const double first = 0.5 * (length - 1) * (1.0 - rate); // the middle stays where it is
    for (float* branch : { frame, frame + length }) {
        interpolator_.read(branch, length, first, rate, scratch_.data());
        std::copy(scratch_.begin(), scratch_.end(), branch);
    }
}

void Augmenter::add_noise(float* frame, float snr_db, Rng& rng) const
{
    if (!std::isfinite(snr_db))
        return;
    const int length = front_end_.frame_length;
    double power = 0.0;
    for (int n = 0; n < 2 * length; ++n)
        power += static_cast<double>(frame[n]) * frame[n];
    const double present = power / length / (1.0 + std::pow(10.0, 0.1 * snr_db));
    const double growth = std::pow(10.0, 0.1 * rng.uniform(0.0, config_.noise_db));
    const double deviation = std::sqrt(0.5 * present * (growth - 1.0)); // of each branch
    for (int n = 0; n < 2 * length; ++n)
        frame[n] += static_cast<float>(deviation * rng.normal());
}

namespace {

void add_noise(float* frame, int length, double level_db, Rng& rng)
{
    double power = 0.0;
    for (int n = 0; n < 2 * length; ++n)
        power += static_cast<double>(frame[n]) * frame[n];
    const double deviation = std::sqrt(0.5 * power / length * std::pow(10.0, 0.1 * level_db)); // of each branch
    for (int n = 0; n < 2 * length; ++n)
        frame[n] += static_cast<float>(deviation * rng.normal());
}

template <class PhaseAt> void turn(float* frame, int length, const PhaseAt& phase_at)
{
    float* q = frame + length;
    for (int n = 0; n < length; ++n) {
        const double phase = phase_at(n);
        const double c = std::cos(phase), s = std::sin(phase), i = frame[n];
        frame[n] = static_cast<float>(c * i - s * q[n]);
        q[n] = static_cast<float>(s * i + c * q[n]);
    }
}

} // namespace

void impair(float* frame, const FrontEndSpec& front_end, const Attack& attack, Rng rng)
{
    PRUNEDAMR_CHECK(!attack.needs_gradient(), "an impairment knows no network");
    const int length = front_end.frame_length;
    if (attack.kind == Attack::Kind::noise) {
        add_noise(frame, length, attack.level_db, rng);
        dataset::scale_frame(front_end, frame);
    } else if (attack.kind == Attack::Kind::offset) {
        const double step = 2.0 * M_PI * (rng.chance(0.5) ? attack.offset : -attack.offset);
        turn(frame, length, [&](int n) { return step * n; });
    } else {
        const double deviation = std::sqrt(2.0 * std::pow(10.0, 0.1 * attack.level_db) / (length - 1)); // of a step
        double phase = 0.0;
        turn(frame, length, [&](int n) { return n == 0 ? 0.0 : phase += deviation * rng.normal(); });
    }
}

} // namespace prunedamr::train
