// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/emission_tracker.h"

#include "prunedamr/base/stage_times.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace prunedamr::stream {
namespace {

constexpr double kEdge = 0.75;       ///< of the band's width, from its middle to the filter's edge
constexpr double kTransition = 0.35; ///< of the band's width,
constexpr double kSteepest = 0.1;    ///< and beside a neighbor
constexpr double kMostFraction = 0.6; ///< of the rate that a band may fill: neighbors would be folded into it
constexpr double kMuchLonger = 4.0;  ///< part: it shows the band better than the first one did

std::uint64_t ceil_divide(std::uint64_t a, std::uint64_t b) noexcept
{
    return (a + b - 1) / b;
}

} // namespace

void EmissionSamples::clear(std::uint64_t start) noexcept
{
    start_ = end_ = start;
    weight_ = low_ = high_ = density_ = 0.0;
    count_ = 0;
    next_ = 0;
    ends_.clear();
}

void EmissionSamples::add(const EmissionPart& part) noexcept
{
    const double weight = std::max(1.0, static_cast<double>(part.end - part.start));
    weight_ += weight;
    low_ += weight * part.low;
    high_ += weight * part.high;
    density_ += weight * part.density;
    end_ = part.end;
}

float EmissionSamples::snr_db() const noexcept
{
    return static_cast<float>(10.0 * std::log10(density_ / weight_));
}

double EmissionSamples::passband() const noexcept
{
    const double half = std::min(band_.center - band_.low, band_.high - band_.center) - 0.5 * band_.transition;
    return std::clamp(2.0 * half * band_.decimation, 0.0, 1.0);
}

/// The rate and the filter, which stay as they are until the next decision.
void EmissionSamples::open(const EmissionPart& part, const Cut& how) noexcept
{
    const double width = part.width(), center = part.center();
    const double wanted = width / std::min(how.occupied_fraction, kMostFraction),
                 needed = how.least_samples / static_cast<double>(part.end - part.start);
    band_.center = center;
    band_.low = std::max(center - kEdge * width, 0.5 * (part.limit_low + part.low));
    band_.high = std::min(center + kEdge * width, 0.5 * (part.limit_high + part.high));
    band_.decimation = dsp::BandExtractor::decimation_for(std::max(wanted, needed));
    const double beside = 2.0 * std::min(part.low - band_.low, band_.high - part.high);
    band_.transition = std::clamp(beside, kSteepest * width, kTransition * width);
    cut_weight_ = static_cast<double>(part.end - part.start);
}

void EmissionSamples::cut(const EmissionPart& part, const Cut& how, const dsp::StreamWindow& stream,
                          dsp::BandExtractor& extractor) noexcept
{
    const StageTimer timer(Stage::extract);
    if (count_ > 0 && static_cast<double>(part.end - part.start) > kMuchLonger * cut_weight_) {
        count_ = 0;
        next_ = 0;
        ends_.clear();
    }
    if (count_ == 0)
        open(part, how);
    const auto step = static_cast<std::uint64_t>(band_.decimation), reach = dsp::BandExtractor::reach(band_);
    const std::uint64_t last = stream.origin + stream.count;
    const bool joins = next_ > 0 && next_ * step >= stream.origin + std::min(reach, next_ * step);
    const std::uint64_t first = joins ? next_ : ceil_divide(part.start, step);
    std::uint64_t end = ceil_divide(part.end, step);
    if (how.goes_on)
        end = std::min(end, last > reach ? (last - reach) / step : 0);
    if (!joins && count_ > (ends_.empty() ? 0 : ends_.back())) {
        if (ends_.size() == kMostPieces - 1)
            return;
        ends_.push_back(count_);
    }
    const int room = std::min(how.most_samples, kMostSamples - count_);
    const auto wanted = static_cast<std::int64_t>(end) - static_cast<std::int64_t>(first);
    const auto taken = static_cast<int>(std::clamp<std::int64_t>(wanted, 0, room));
    extractor.run(band_, stream, first, taken, samples_.data() + count_);
    count_ += taken;
    next_ = wanted > room ? 0 : first + static_cast<std::uint64_t>(std::max(taken, 0));
}

namespace {

constexpr std::size_t kMostInEpoch = 1024; ///< emissions
constexpr double kLastTile = 0.03; ///< of what is on to the end of the stream, that the detector does not see
constexpr double kSeam = 0.02;     ///< of an epoch: what is on so near a cut goes on behind it
constexpr double kSameBand = 0.3;  ///< intersection over union of what goes on behind a cut

double band_iou(double low, double high, double other_low, double other_high) noexcept
{
    const double both = std::min(high, other_high) - std::max(low, other_low);
    return std::max(0.0, both) / (std::max(high, other_high) - std::min(low, other_low));
}

} // namespace

void Emission::begin_interval(std::uint64_t start) noexcept
{
    samples.clear(start);
    has_start = has_time = false;
    clipped = 0.0f;
}

void Emission::write(LabelEvent& event, double tuned_hz) const noexcept
{
    event.track = track;
    event.time_ns = time_ns;
    event.time_source = time_source;
    event.sample_start = samples.start();
    event.sample_count = samples.duration();
    event.center_freq_hz = tuned_hz + 0.5 * (samples.low() + samples.high()) * event.sample_rate_hz;
    event.bandwidth_hz = (samples.high() - samples.low()) * event.sample_rate_hz;
    event.snr_db = samples.snr_db();
    event.clipped = clipped;
}

EmissionTracker::EmissionTracker(std::uint64_t epoch_samples, double per_hz, bool is_measured)
    : epoch_samples_(static_cast<double>(epoch_samples)), per_hz_(per_hz), followed_(kMostFollowed)
{
    works_.reserve(kMostInEpoch + kMostFollowed);
    elsewhere_.reserve(kMostElsewhere);
    if (is_measured)
        for (Emission& emission : followed_)
            emission.signal.emplace();
}

std::vector<EmissionWork>& EmissionTracker::gather(const Epoch& epoch) noexcept
{
    base_ = epoch.base;
    works_.clear();
    for (Emission& emission : followed_)
        emission.seen = false;
    EmissionWork work;
    for (std::size_t i = 0; i < std::min(epoch.count, kMostInEpoch); ++i)
        if (take(epoch.detections[i], epoch, work = {}))
            works_.push_back(work);
    hold_off_neighbors();
    for (Emission& emission : followed_)
        if (emission.active && !emission.seen) { // it has ended with the epoch before
            work = {};
            work.emission = &emission;
            work.part = emission.last;
            work.start = emission.samples.start();
            work.has_ended = !epoch.is_cut;
            emission.active = emission.samples.duration() > 0;
            if (emission.active)
                works_.push_back(work);
        }
    std::sort(works_.begin(), works_.end(), [](const EmissionWork& a, const EmissionWork& b) {
        return std::tie(a.start, a.part.low, a.number) < std::tie(b.start, b.part.low, b.number);
    });
    return works_;
}

bool EmissionTracker::take(const detect::Detection& detection, const Epoch& epoch, EmissionWork& work) noexcept
{
    const auto sample = [&](double place) { return epoch.base + static_cast<std::uint64_t>(std::max(0.0, place)); };
    work.number = detection.emission;
    work.has_part = true;
    work.goes_on = detection.goes_on && !epoch.is_cut;
    EmissionPart& part = work.part;
    part.start = sample(detection.start_samples);
    part.end = std::min(epoch.end, sample(detection.end_samples));
    part.low = detection.low_hz * per_hz_;
    part.high = detection.high_hz * per_hz_;
    part.density = std::pow(10.0, 0.1 * static_cast<double>(detection.density_db));
    work.emission = detection.continues ? find(detection.emission) : nullptr;
    if (work.emission) {
        work.emission->seen = true;
        part.start = work.emission->samples.end();
    }
    const double rest = static_cast<double>(epoch.end - part.end);
    const bool lasts = rest < kLastTile * (static_cast<double>(epoch.end) - static_cast<double>(part.start));
    work.has_ended = !detection.goes_on && !(epoch.is_cut && lasts);
    if (!work.has_ended)
        part.end = epoch.end;
    work.start = work.emission ? work.emission->samples.start() : part.start;
    return part.end > part.start;
}

/// Where the bands of others begin that are on at the same time.
void EmissionTracker::hold_off_neighbors() noexcept
{
    for (EmissionWork& work : works_)
        for (const EmissionWork& other : works_) {
            if (other.part.start >= work.part.end || other.part.end <= work.part.start)
                continue;
            if (other.part.high <= work.part.low)
                work.part.limit_low = std::max(work.part.limit_low, other.part.high);
            else if (other.part.low >= work.part.high)
                work.part.limit_high = std::min(work.part.limit_high, other.part.low);
        }
}

Emission* EmissionTracker::find(std::uint64_t number) noexcept
{
    for (Emission& emission : followed_)
        if (emission.active && emission.number == number)
            return &emission;
    return nullptr;
}

Emission& EmissionTracker::emission_of(EmissionWork& work) noexcept
{
    if (work.emission)
        return *work.emission;
    if (work.goes_on)
        for (Emission& emission : followed_)
            if (!work.emission && !emission.active)
                work.emission = &emission;
    work.goes_on = work.emission != nullptr;
    Emission& emission = work.emission ? *work.emission : burst_;
    begin(emission, work);
    return emission;
}

/// It has the number of the one before a cut that it goes on with.
void EmissionTracker::begin(Emission& emission, const EmissionWork& work) noexcept
{
    emission.active = true;
    emission.number = emission.track = work.number;
    emission.previous_label = DecisionAccumulator::kNone;
    if (emission.signal)
        emission.signal->clear();
    emission.begin_interval(work.part.start);
    emission.has_start = static_cast<double>(work.part.start - base_) > kSeam * epoch_samples_;
    if (emission.has_start)
        return;
    for (Interrupted* before = interrupted_.data(); before != interrupted_.data() + interrupted_count_; ++before)
        if (band_iou(before->low, before->high, work.part.low, work.part.high) > kSameBand) {
            emission.track = before->track;
            emission.previous_label = before->previous_label;
            *before = interrupted_[--interrupted_count_];
            return;
        }
}

void EmissionTracker::interrupt(std::uint64_t end, std::uint64_t unseen) noexcept
{
    if (end - base_ > unseen) // else the cut before is still the last thing that was seen
        forget_interrupted();
    const double most = kSeam * epoch_samples_ + static_cast<double>(unseen);
    for (const EmissionWork& work : works_) {
        if (static_cast<double>(end - work.part.end) > most || interrupted_count_ == interrupted_.size())
            continue;
        interrupted_[interrupted_count_++] = { work.part.low, work.part.high, work.track, work.label };
    }
}

void EmissionTracker::leave(double tuned_hz, double next_tuned_hz) noexcept
{
    for (std::size_t i = 0; i < interrupted_count_; ++i) {
        if (elsewhere_.size() == kMostElsewhere)
            elsewhere_.erase(elsewhere_.begin());
        elsewhere_.push_back({ tuned_hz, interrupted_[i] });
    }
    interrupted_count_ = 0;
    auto kept = elsewhere_.begin();
    for (const Elsewhere& place : elsewhere_) {
        if (place.tuned_hz != next_tuned_hz)
            *kept++ = place;
        else if (interrupted_count_ < interrupted_.size())
            interrupted_[interrupted_count_++] = place.emission;
    }
    elsewhere_.erase(kept, elsewhere_.end());
}

void EmissionTracker::forget_labels() noexcept
{
    for (Emission& emission : followed_)
        emission.previous_label = DecisionAccumulator::kNone;
    for (Interrupted& emission : interrupted_)
        emission.previous_label = DecisionAccumulator::kNone;
    for (Elsewhere& place : elsewhere_)
        place.emission.previous_label = DecisionAccumulator::kNone;
}

} // namespace prunedamr::stream
