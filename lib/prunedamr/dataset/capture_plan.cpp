// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/capture_source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/model/class_table.h"

#include <algorithm>

namespace prunedamr::dataset {
namespace {

// Rates of channels. Of its rate a channel passes +-0.35, and from 0.6 on little comes through.
constexpr double kWidest = 3.0;    // in bandwidths of the signal: noise on both sides, as on the air
constexpr double kNarrowest = 1.5; // where neighbors leave no more room
constexpr double kStopped = 0.6;

/// A signal's edges relative to the center frequency, in cycles per sample.
struct Band {
    double low = -0.5, high = 0.5;
    bool known = false;

    double center() const { return (low + high) / 2; }
    double width() const { return high - low; }
    bool holds(double frequency) const { return low <= frequency && frequency <= high; }
};

std::uint64_t end_of(const recording::Annotation& annotation)
{
    return annotation.sample_start + annotation.sample_count;
}

/// Center frequency at a sample; 0 where it is not known, as the edges are relative then.
double center_hz(const recording::RecordingInfo& info, std::uint64_t sample)
{
    double center = info.center_freq_hz;
    for (const auto& capture : info.captures)
        if (capture.sample_start <= sample)
            center = capture.center_freq_hz.value_or(0.0);
    return center;
}

bool is_retuned(const recording::RecordingInfo& info, const recording::Annotation& annotation)
{
    const double center = center_hz(info, annotation.sample_start);
    return std::any_of(info.captures.begin(), info.captures.end(), [&](const recording::Capture& capture) {
        return capture.sample_start > annotation.sample_start && capture.sample_start < end_of(annotation) &&
               capture.center_freq_hz.value_or(0.0) != center;
    });
}

Band band_of(const recording::RecordingInfo& info, const recording::Annotation& annotation)
{
    if (!annotation.freq_lower_hz || !annotation.freq_upper_hz)
        return {};
    const double center = center_hz(info, annotation.sample_start);
    return { (*annotation.freq_lower_hz - center) / info.sample_rate_hz,
             (*annotation.freq_upper_hz - center) / info.sample_rate_hz, true };
}

/// The annotations that are to become frames, labeled.
std::vector<recording::Annotation> labeled(const recording::RecordingInfo& info, const std::string& label,
                                           CapturePlan& plan)
{
    std::vector<recording::Annotation> found;
    for (const auto& annotation : info.annotations)
        if (!annotation.label.empty())
            found.push_back(annotation);
        else
            plan.skipped.push_back({ annotation.sample_start, annotation.sample_count, "", "no label" });
    if (found.empty() && label.empty() && info.annotations.empty())
        plan.skipped.push_back({ 0, info.sample_count, "", "no label" });
    if (found.empty() && !label.empty()) {
        found = info.annotations;
        plan.skipped.clear();
        if (found.empty())
            found.push_back({});
        if (info.annotations.empty())
            found[0].sample_count = info.sample_count;
    }
    for (auto& annotation : found) {
        const std::string& name = annotation.label.empty() ? label : annotation.label;
        const model::Modulation* row = model::find_modulation(name);
        annotation.label = row ? row->name : name;
    }
    return found;
}

/// Makes the stretches of one capture of `all`, its labeled annotations.
class Planner
{
public:
    Planner(const recording::RecordingInfo& info, const std::vector<recording::Annotation>& all)
        : info_(info), all_(all)
    {
        for (const auto& annotation : all)
            bands_.push_back(band_of(info, annotation));
        for (const auto& annotation : all)
            longest_ = std::max(longest_, annotation.sample_count);
    }

    /// Why it cannot be used; "" if it can: then `fraction` is that of its channel.
    std::string refuse(std::size_t i, double& fraction) const
    {
        const Band& band = bands_[i];
        if (is_retuned(info_, all_[i]))
            return "the receiver was retuned within it";
        if (band.known && (band.width() <= 0.0 || !Band().holds(band.center())))
            return "its frequency edges are not in the capture's band";
        double room = 1.0; // to each side of the center
        for (std::size_t k = first_before(all_[i].sample_start); k < all_.size(); ++k) {
            if (all_[k].sample_start >= end_of(all_[i]))
                break;
            if (k == i || end_of(all_[k]) <= all_[i].sample_start)
                continue;
            if (!band.known)
                return "overlaps another in time and has no frequency edges";
            if (!bands_[k].known)
                continue; // it cannot be placed, so it cannot be said to be in the way
            if (bands_[k].holds(band.center()) || band.holds(bands_[k].center()))
                return "overlaps another in time and frequency";
            room = std::min(room, std::max(bands_[k].low - band.center(), band.center() - bands_[k].high));
        }
        if (band.known)
            fraction =
                std::min({ 1.0, kWidest * band.width(), std::max(kNarrowest * band.width(), room / kStopped) });
        return "";
    }

    Stretch stretch(std::size_t i, double fraction) const
    {
        const Band& band = bands_[i];
        return { all_[i].sample_start,
                 all_[i].sample_count,
                 all_[i].label,
                 band.known ? band.center() : 0.0,
                 band.known ? band.width() : 1.0,
                 fraction };
    }

private:
    /// The first that can still last at `sample`.
    std::size_t first_before(std::uint64_t sample) const
    {
        const std::uint64_t earliest = sample > longest_ ? sample - longest_ : 0;
        return static_cast<std::size_t>(std::lower_bound(all_.begin(), all_.end(), earliest,
                                                         [](const recording::Annotation& a, std::uint64_t start) {
                                                             return a.sample_start < start;
                                                         }) -
                                        all_.begin());
    }

    const recording::RecordingInfo& info_;
    const std::vector<recording::Annotation>& all_;
    std::vector<Band> bands_;
    std::uint64_t longest_ = 0;
};

} // namespace

CapturePlan plan_capture(const recording::RecordingInfo& info, const std::string& label, bool only_of_persons)
{
    CapturePlan plan;
    if (only_of_persons) {
        auto of_persons = info;
        of_persons.annotations.clear();
        for (const auto& one : info.annotations)
            if (one.is_own())
                plan.skipped.push_back({ one.sample_start, one.sample_count, one.label, "no person has labeled it" });
            else
                of_persons.annotations.push_back(one);
        const bool some = !of_persons.annotations.empty() || info.annotations.empty();
        CapturePlan rest = some ? plan_capture(of_persons, label) : CapturePlan();
        rest.skipped.insert(rest.skipped.end(), plan.skipped.begin(), plan.skipped.end());
        return rest;
    }
    const auto all = labeled(info, label, plan);
    const Planner planner(info, all);
    for (std::size_t i = 0; i < all.size(); ++i) {
        double fraction = 1.0;
        const std::string reason = planner.refuse(i, fraction);
        if (reason.empty())
            plan.stretches.push_back(planner.stretch(i, fraction));
        else
            plan.skipped.push_back({ all[i].sample_start, all[i].sample_count, all[i].label, reason });
    }
    return plan;
}

} // namespace prunedamr::dataset
