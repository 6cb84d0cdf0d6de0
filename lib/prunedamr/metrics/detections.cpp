// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/detections.h"

#include <fmt/format.h>

#include <algorithm>

namespace prunedamr::metrics {
namespace {

constexpr double kSameBand = 0.4, kSameTime = 0.5, kSameBox = 0.5;
constexpr double kLasting_s = 0.25, kLong_s = 4e-3;
constexpr double kWithin = 0.5; // part of a box that lies in another
constexpr double kPart = 0.1;   // of an emission that a part has at least
constexpr double kOutside = 0.3;
constexpr double kCarrierWidths = 4.0; // at most, of a report of a carrier
constexpr double kSkirtWidths = 2.5;   // at most, of a report of what has skirts: an overlap of 0.4

double common(double a0, double a1, double b0, double b1)
{
    return std::max(0.0, std::min(a1, b1) - std::max(a0, b0));
}

double overlap(double a0, double a1, double b0, double b1)
{
    const double both = common(a0, a1, b0, b1), all = a1 - a0 + b1 - b0 - both;
    return all > 0.0 ? both / all : 0.0;
}

bool is_switched(const std::string& label)
{
    return label == "OOK" || label == "CW";
}

bool on_together(const EmissionBox& a, const EmissionBox& b)
{
    return common(a.start_s, a.end_s, b.start_s, b.end_s) >
           0.5 * std::min(a.end_s - a.start_s, b.end_s - b.start_s);
}

double ratio(long a, long b)
{
    return b > 0 ? static_cast<double>(a) / static_cast<double>(b) : 0.0;
}

DetectionScores::Share& share_of(DetectionScores& scores, const EmissionBox& box)
{
    const double length = box.end_s - box.start_s;
    return length >= kLasting_s ? scores.lasting : length >= kLong_s ? scores.long_bursts : scores.short_bursts;
}

void rank(DetectionScores& scores, const std::vector<EmissionBox>& truth, const std::vector<EmissionBox>& reports)
{
    std::vector<const EmissionBox*> order;
    for (const auto& report : reports)
        order.push_back(&report);
    std::stable_sort(order.begin(), order.end(), [](auto a, auto b) { return a->score > b->score; });
    std::vector<bool> taken(truth.size());
    for (const EmissionBox* report : order) {
        std::size_t best = truth.size();
        double most = kSameBox;
        for (std::size_t i = 0; i < truth.size(); ++i) {
            const bool carrier = is_loose(truth[i]) && same_band(truth[i], *report);
            const double same = carrier ? time_overlap(truth[i], *report) : box_overlap(truth[i], *report);
            if (!taken[i] && same >= most) {
                most = same;
                best = i;
            }
        }
        if (best < truth.size())
            taken[best] = true;
        scores.right += best < truth.size();
        scores.ranked.push_back({ report->score, best < truth.size() });
    }
}

} // namespace

double area(const EmissionBox& box)
{
    return (box.end_s - box.start_s) * (box.high_hz - box.low_hz);
}

double common_area(const EmissionBox& a, const EmissionBox& b)
{
    return common(a.start_s, a.end_s, b.start_s, b.end_s) * common(a.low_hz, a.high_hz, b.low_hz, b.high_hz);
}

double time_overlap(const EmissionBox& a, const EmissionBox& b)
{
    return overlap(a.start_s, a.end_s, b.start_s, b.end_s);
}

double band_overlap(const EmissionBox& a, const EmissionBox& b)
{
    return overlap(a.low_hz, a.high_hz, b.low_hz, b.high_hz);
}

double box_overlap(const EmissionBox& a, const EmissionBox& b)
{
    const double both = common_area(a, b), all = area(a) + area(b) - both;
    return all > 0.0 ? both / all : 0.0;
}

bool is_loose(const EmissionBox& truth)
{
    return truth.label == "CW" || truth.core_hz > 0.0;
}

bool same_band(const EmissionBox& truth, const EmissionBox& report)
{
    if (band_overlap(truth, report) >= kSameBand)
        return true;
    const double middle = (report.low_hz + report.high_hz) / 2, width = report.high_hz - report.low_hz;
    const double center = (truth.low_hz + truth.high_hz) / 2;
    // A switched oscillator may be pulled away from the middle of its band; of others a side lobe is not the emission.
    const bool is_there = is_switched(truth.label) ? middle >= truth.low_hz && middle <= truth.high_hz
                                                   : report.low_hz < center && center < report.high_hz;
    return is_loose(truth) && is_there && width > kSameBand * truth.core_hz &&
           width < (truth.core_hz > 0.0 ? kSkirtWidths : kCarrierWidths) * (truth.high_hz - truth.low_hz);
}

DetectionScores score_detections(const std::vector<EmissionBox>& truth, const std::vector<EmissionBox>& reports,
                                 double duration_s, std::vector<EmissionBox>* missed,
                                 std::vector<EmissionBox>* wrong)
{
    DetectionScores scores;
    scores.minutes = duration_s / 60.0;
    scores.emissions = static_cast<long>(truth.size());
    scores.reports = static_cast<long>(reports.size());
    std::vector<bool> merged(truth.size());
    for (const auto& report : reports) {
        double within = 0.0;
        std::vector<std::size_t> held;
        for (std::size_t i = 0; i < truth.size(); ++i) {
            const double both = common_area(truth[i], report);
            within += is_loose(truth[i]) && same_band(truth[i], report) ? area(report) : both;
            if (both > kWithin * area(truth[i]))
                held.push_back(i);
        }
        for (const std::size_t i : held)
            merged[i] = merged[i] || held.size() > 1;
        if (within < kOutside * area(report)) {
            ++scores.false_reports;
            if (wrong)
                wrong->push_back(report);
        }
    }
    for (std::size_t i = 0; i < truth.size(); ++i) {
        auto& share = share_of(scores, truth[i]);
        bool found = false, boxed = false;
        int parts = 0;
        for (const auto& report : reports) {
            const bool here = same_band(truth[i], report) && on_together(truth[i], report);
            found = found || here;
            boxed = boxed || (here && time_overlap(truth[i], report) >= kSameTime);
            const double both = common_area(truth[i], report);
            parts += both > kWithin * area(report) && both > kPart * area(truth[i]);
        }
        ++share.of;
        share.found += found;
        share.boxed += boxed;
        scores.split += parts > 1;
        scores.merged += merged[i];
        if (missed && !(&share == &scores.lasting ? found : boxed))
            missed->push_back(truth[i]);
    }
    rank(scores, truth, reports);
    return scores;
}

void DetectionScores::add(const DetectionScores& other)
{
    const auto sum = [](Share& a, const Share& b) {
        a.of += b.of;
        a.found += b.found;
        a.boxed += b.boxed;
    };
    sum(lasting, other.lasting);
    sum(long_bursts, other.long_bursts);
    sum(short_bursts, other.short_bursts);
    emissions += other.emissions;
    split += other.split;
    merged += other.merged;
    reports += other.reports;
    right += other.right;
    false_reports += other.false_reports;
    minutes += other.minutes;
    ranked.insert(ranked.end(), other.ranked.begin(), other.ranked.end());
}

double DetectionScores::precision() const
{
    return ratio(right, reports);
}

double DetectionScores::recall() const
{
    return ratio(right, emissions);
}

double DetectionScores::average_precision() const
{
    auto order = ranked;
    std::stable_sort(order.begin(), order.end(),
                     [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
    double best = 0.0, sum = 0.0;
    long hits = right;
    for (std::size_t i = order.size(); i > 0; --i) { // the precision at a recall is the best at it or beyond
        best = std::max(best, ratio(hits, static_cast<long>(i)));
        if (order[i - 1].hit) {
            sum += best;
            --hits;
        }
    }
    return emissions > 0 ? sum / static_cast<double>(emissions) : 0.0;
}

double DetectionScores::false_per_minute() const
{
    return minutes > 0.0 ? static_cast<double>(false_reports) / minutes : 0.0;
}

std::string DetectionScores::to_text() const
{
    const auto line = [](const char* name, const Share& share) {
        return fmt::format("{:<22} {:6}   found {:.3f}   boxed {:.3f}\n", name, share.of,
                           ratio(share.found, share.of), ratio(share.boxed, share.of));
    };
    return line("lasting emissions", lasting) + line("bursts of 4 ms or more", long_bursts) +
           line("shorter bursts", short_bursts) +
           fmt::format("split {:.3f}   merged {:.3f}   false {:.2f} a minute ({} in {:.2f} min)\n",
                       ratio(split, emissions), ratio(merged, emissions), false_per_minute(), false_reports,
                       minutes) +
           fmt::format("boxes at IoU 0.5: precision {:.3f}   recall {:.3f}   AP {:.3f}   ({} reports)\n",
                       precision(), recall(), average_precision(), reports);
}

} // namespace prunedamr::metrics
