// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/block_classifier.h"

#include "prunedamr/base/stage_times.h"
#include "prunedamr/dsp/level.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::stream {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

constexpr double kContrastDb = 6.0;   ///< between the strong blocks of a decision and the rest
constexpr double kFlatDb = -10.0;     ///< level of a block without a band, for want of better: its power and this
constexpr double kLine = 30.0;        ///< power over chance of a constant that is a line beside a signal,
constexpr double kLineWithin = 300.0; ///< and of one within its band: keyed tones change more
constexpr float kGuard = 2.0f / 512;  ///< cycles per sample between a band and a line that is not within
constexpr float kMiddle = 0.25f;      ///< of a band: a line so near its middle is its carrier
constexpr double kVisibleLine =
    1.0 / 50; ///< power over that of the rest from which on a line stands out in a spectrum

double from_db(double db) noexcept
{
    return std::pow(10.0, 0.1 * db);
}

/// Whether the constant belongs to the signal that the rest of the block shows.
bool is_of_signal(const Constant& constant, const dsp::BlockInfo& rest) noexcept
{
    if (rest.bandwidth == 1.0f)
        return false;
    const float from_zero = std::abs(rest.center);
    if (from_zero > 0.5f * rest.bandwidth + kGuard)
        return false;
    return from_zero < kMiddle * rest.bandwidth + kGuard || constant.over_chance < kLineWithin;
}

/// Power of what was found in the block, as far as that can be told from its noise.
double level_dbfs(const dsp::BlockInfo& info) noexcept
{
    if (!std::isfinite(info.snr_db))
        return info.power_dbfs + (info.bandwidth < 1.0f ? 0.0 : kFlatDb);
    const double over_noise = from_db(info.snr_db) * info.bandwidth;
    return info.power_dbfs + 10.0 * std::log10(over_noise / (1.0 + over_noise));
}

} // namespace

void BlockSummary::add(const dsp::BlockInfo& info, int samples, bool squelched, double constant) noexcept
{
    const double energy = from_db(info.power_dbfs) * samples;
    samples_ += static_cast<std::uint64_t>(samples);
    energy_ += energy + constant * samples;
    if (squelched)
        return;
    weight_ += energy;
    weighted_center_ += energy * info.center;
    weighted_bandwidth_ += energy * info.bandwidth;
    if (std::isfinite(info.snr_db)) {
        snr_sum_db_ += info.snr_db;
        ++snr_count_;
    }
}

void BlockSummary::add(const BlockSummary& other) noexcept
{
    samples_ += other.samples_;
    energy_ += other.energy_;
    weight_ += other.weight_;
    weighted_center_ += other.weighted_center_;
    weighted_bandwidth_ += other.weighted_bandwidth_;
    snr_sum_db_ += other.snr_sum_db_;
    snr_count_ += other.snr_count_;
}

float BlockSummary::power_dbfs() const noexcept
{
    return samples_ ? static_cast<float>(10.0 * std::log10(energy_ / static_cast<double>(samples_))) : kNaN;
}

void BlockSummary::write(LabelEvent& event) const noexcept
{
    event.power_dbfs = power_dbfs();
    event.snr_db = snr_count_ ? static_cast<float>(snr_sum_db_ / snr_count_) : kNaN;
    event.bandwidth_hz = event.sample_rate_hz;
    if (weight_ > 0.0) {
        event.center_freq_hz += weighted_center_ / weight_ * event.sample_rate_hz;
        event.bandwidth_hz *= weighted_bandwidth_ / weight_;
    }
}

void BlockClassifier::Group::add(const Group& other) noexcept
{
    decisions.add(other.decisions);
    summary.add(other.summary);
}

void BlockClassifier::Group::reset() noexcept
{
    decisions.reset();
    summary = {};
}

BlockClassifier::BlockClassifier(dsp::FrontEnd& front_end, engine::Engine& engine, DecisionAccumulator accumulator,
                                 double squelch_dbfs)
    : front_end_(front_end), engine_(engine), strong_{ accumulator, {} }, rest_{ std::move(accumulator), {} },
      squelch_dbfs_(squelch_dbfs), frame_floats_(2 * static_cast<std::size_t>(front_end.spec().frame_length)),
      without_constant_(static_cast<std::size_t>(front_end.block_length())),
      frames_(frame_floats_ * static_cast<std::size_t>(engine.max_batch() - 1 + front_end.max_frames())),
      logits_(static_cast<std::size_t>(engine.max_batch() * engine.classes()))
{
}

double BlockClassifier::add(const std::complex<float>* samples, int count, ZeroHz zero) noexcept
{
    clipping_.add(samples, static_cast<std::size_t>(count));
    const auto is_sound = [](std::complex<float> x) { return x != std::complex<float>{}; };
    const auto* first = std::find_if(samples, samples + count, is_sound);
    const auto* end = samples + count;
    while (end > first && !is_sound(end[-1]))
        --end;
    const auto left = static_cast<int>(end - first);
    const bool usable = left >= front_end_.min_samples();
    const double level = usable ? classify(first, left, zero) : kNoLevel;
    if (const int silent = usable ? count - left : count; silent > 0)
        rest_.summary.add({}, silent, true);
    return level;
}

double BlockClassifier::classify(const std::complex<float>* samples, int count, ZeroHz zero) noexcept
{
    double constant = 0.0;
    const dsp::BlockInfo info = run_front_end(samples, count, zero, constant);
    ++blocks_;
    constant_blocks_ += constant > kVisibleLine * from_db(info.power_dbfs);
    if (info.power_dbfs < squelch_dbfs_ || info.power_dbfs <= dsp::kSilenceDbfs) {
        rest_.summary.add(info, count, true, constant);
        return kNoLevel;
    }
    const double level = level_dbfs(info);
    const bool first = strong_.summary.empty(), stronger = !first && level > strong_dbfs_ + kContrastDb;
    strong_dbfs_ = first ? level : std::max(strong_dbfs_, level);
    const bool strong = level >= strong_dbfs_ - kContrastDb;
    if (pending_ > 0 && (stronger || strong != pending_strong_)) {
        const float* frames = &frames_[frame_floats_ * pending_];
        run_pending();
        std::copy_n(frames, frame_floats_ * info.frames, frames_.data());
    }
    if (stronger) {
        rest_.add(strong_);
        strong_.reset();
    }
    (strong ? strong_ : rest_).summary.add(info, count, false, constant);
    pending_strong_ = strong;
    pending_ += info.frames;
    if (pending_ >= engine_.max_batch())
        run_pending();
    return level;
}

/// Frames go behind those that are pending. A constant is taken out unless it belongs to the signal.
dsp::BlockInfo BlockClassifier::run_front_end(const std::complex<float>* samples, int count, ZeroHz zero,
                                              double& constant) noexcept
{
    const StageTimer timer(Stage::front_end);
    float* frames = &frames_[frame_floats_ * pending_];
    const bool may_be_leakage = zero == ZeroHz::tuned && front_end_.spec().kind == FrontEndSpec::Kind::auto_band;
    const Constant found = may_be_leakage ? measure_constant(samples, count) : Constant{};
    if (found.over_chance > kLine) {
        std::transform(samples, samples + count, without_constant_.begin(),
                       [&](std::complex<float> x) { return x - found.mean; });
        const dsp::BlockInfo rest = front_end_.process(without_constant_.data(), count, frames);
        if (!is_of_signal(found, rest)) {
            constant = std::norm(std::complex<double>(found.mean));
            return rest;
        }
    }
    return front_end_.process(samples, count, frames);
}

void BlockClassifier::run_pending() noexcept
{
    for (int first = 0; first < pending_; first += engine_.max_batch()) {
        const int batch = std::min(engine_.max_batch(), pending_ - first);
        const StageTimer timer(Stage::network);
        engine_.run(&frames_[frame_floats_ * first], batch, logits_.data());
        (pending_strong_ ? strong_ : rest_).decisions.add(logits_.data(), batch);
    }
    pending_ = 0;
}

/// The weaker blocks alone are noise, and the strong ones alone are not.
bool BlockClassifier::only_strong_is_signal() noexcept
{
    LabelEvent event;
    rest_.decisions.set_previous_label(DecisionAccumulator::kNone);
    rest_.decisions.decide(event);
    if (event.state != State::noise)
        return false;
    const std::size_t previous = previous_label();
    strong_.decisions.decide(event);
    set_previous_label(previous);
    return event.state != State::noise;
}

std::uint64_t BlockClassifier::decide(LabelEvent& event) noexcept
{
    run_pending();
    const std::uint64_t frames = strong_.decisions.frames() + rest_.decisions.frames();
    BlockSummary all = strong_.summary;
    all.add(rest_.summary);
    decided_from_dbfs_ = strong_dbfs_ - kContrastDb;
    if (rest_.decisions.frames() == 0 || !only_strong_is_signal()) {
        strong_.add(rest_);
        decided_from_dbfs_ = kNoLevel;
    }
    strong_.decisions.decide(event); // without frames too: it forgets the last label
    decided_ = frames > 0;
    if (frames == 0 && !all.empty())
        decide_noise(event);
    strong_.summary.write(event);
    event.power_dbfs = all.power_dbfs();
    event.clipped = clipping_.fraction();
    if (2 * constant_blocks_ > blocks_)
        event.note.assign(kDcSpike);
    strong_.reset();
    rest_.reset();
    clipping_.reset();
    blocks_ = constant_blocks_ = 0;
    return frames;
}

} // namespace prunedamr::stream
