// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/stream/classifier_config.h"
#include "prunedamr/stream/stream_classifier.h"

namespace prunedamr::stream {

struct SurveyConfig {
    static constexpr int kMostSignals = 64;

    /// The interval is rounded up to whole dwells of some 40 ms (`plan_survey`); bursts is not for a survey.
    ClassifierConfig stream;
    int max_signals = 16; ///< at a time, the strongest; 1..kMostSignals
};

/// Throws `Error` naming the first value that is outside its range.
PRUNEDAMR_API void check(const SurveyConfig& config);

/// A wide band in, the events of every signal in it out. Dwell after dwell the spectrum is searched for occupied
/// bands (`dsp::BandDetector`), which are joined to tracks (`dsp::BandTracker`); each track's channel is cut out of
/// the same transforms (`dsp::ChannelBank`) at a rate that its band fills as the model's front end wants it, and is
/// classified as a stream of its own would be, by at most 32768 of its samples in an interval. Each interval gives
/// one event for each confirmed track that was seen in it, by rising frequency: its center and bandwidth are those
/// of the signal, sample_start, sample_count and sample_rate_hz those of the input. Without any there is one noise
/// event for the whole band. At the end what is left is decided on if it is at least four transforms. The floor is
/// that of a dwell, so that what happens to samples is over with the dwell; a signal that they hid is reported
/// again from the second dwell after them on at the latest. A line at the tuned frequency that stands still is the
/// receiver's own: noise.
class PRUNEDAMR_API WidebandScanner final : public StreamClassifier
{
public:
    /// Throws `Error` for a configuration outside its ranges.
    WidebandScanner(Model model, SurveyConfig config, EventHandler handler);
    ~WidebandScanner() override;
    WidebandScanner(WidebandScanner&&) noexcept;

private:
    void consume(const std::complex<float>* samples, std::size_t count) noexcept override;
    void end_segment(bool is_last) noexcept override;

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::stream
