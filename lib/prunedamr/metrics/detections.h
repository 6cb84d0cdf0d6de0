// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace prunedamr::metrics {

/// An emission in time and frequency: one that is there, or one that a detector reported.
struct EmissionBox {
    double start_s = 0.0, end_s = 0.0;
    double low_hz = 0.0, high_hz = 0.0;
    std::string label = {}; ///< of one that is there
    double score = 0.0;     ///< of one that was reported: the higher, the surer; of one that is there: its SNR in dB
    double core_hz = 0.0;   ///< of one that is there and has no sharp band, its skirts are seen farther the stronger it
                            ///< is: what it fills without them; 0: its band is sharp
};

/// How a detector did; add up over scenes. An emission that lasts a quarter of a second and more counts as lasting,
/// others as bursts. Found: a report whose band has an intersection over union of 0.4 with it (a bare carrier, CW:
/// or one with skirts: whose middle lies in its band) and that is on at the same time, for half of the shorter. Boxed: the
/// intersection over union of the times is 0.5, too. Split: two or more reports lie within it, each of a tenth of
/// it or more. Merged: it lies with another one in one report. False: a report with less than 0.3 of itself in
/// emissions.
struct DetectionScores {
    struct Share {
        long of = 0, found = 0, boxed = 0;
    };
    Share lasting, long_bursts, short_bursts; ///< bursts of 4 ms and more; shorter
    long emissions = 0, split = 0, merged = 0;
    long reports = 0, right = 0, false_reports = 0;
    double minutes = 0.0;

    /// Of each report: its score and whether it is the first to have an intersection over union of 0.5 with an
    /// emission.
    struct Ranked {
        double score;
        bool hit;
    };
    std::vector<Ranked> ranked;

    void add(const DetectionScores& other);
    double precision() const; ///< of the boxes at an intersection over union of 0.5
    double recall() const;
    double average_precision() const; ///< area under precision over recall, all points (PASCAL VOC 2010)
    double false_per_minute() const;
    std::string to_text() const;
};

/// `missed`, if given, receives an emission that was not found (lasting) or boxed (bursts) per entry, `wrong` the
/// false reports.
DetectionScores score_detections(const std::vector<EmissionBox>& truth, const std::vector<EmissionBox>& reports,
                                 double duration_s, std::vector<EmissionBox>* missed = nullptr,
                                 std::vector<EmissionBox>* wrong = nullptr);

/// Whether it has no sharp band: a bare carrier, a carrier that is keyed.
bool is_loose(const EmissionBox& truth);

/// Whether a report has its band (see above). Of what has no sharp one, any band around its middle counts that is not
/// narrower than 0.4 of its core nor wider than 2.5 times the whole, of a bare carrier without a core 4 times.
bool same_band(const EmissionBox& truth, const EmissionBox& report);

/// Intersection over union of two boxes' times, of their bands, and of the boxes.
double time_overlap(const EmissionBox& a, const EmissionBox& b);
double band_overlap(const EmissionBox& a, const EmissionBox& b);
double box_overlap(const EmissionBox& a, const EmissionBox& b);
double area(const EmissionBox& box);
double common_area(const EmissionBox& a, const EmissionBox& b);

} // namespace prunedamr::metrics
