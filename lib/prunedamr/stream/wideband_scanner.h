// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/stream/classifier_config.h"
#include "prunedamr/stream/stream_classifier.h"

namespace prunedamr::stream {

/// A band in, the events of every emission in it out, whatever it is. The samples are searched epoch by epoch
/// (`detect::Detector`: about a second each, 2^14 samples at least); what is found is cut out of them
/// (`dsp::BandExtractor`) at a rate that its band fills as the model's front end wants it, and is classified as a stream of its own would be, by at
/// most 32768 of its samples. A burst is one event, from its start to its end, however it lies in the epochs; what
/// lasts is decided on the interval, which is rounded up to whole epochs. Center, bandwidth and SNR of an event are
/// the detector's, sample_rate_hz is that of the input. Events of one epoch come by rising time.
///
/// An interval without any emission is one event for the whole band: noise, unless the band is full of one signal from
/// edge to edge, for then there is no noise to find anything over. A line at the tuned frequency that stands still is
/// the receiver's own: noise. Nothing but the numbers of the emissions outlives an epoch, so that what happens to
/// samples is over with it. Live input that comes too fast is left out by whole epochs.
class PRUNEDAMR_API WidebandScanner final : public StreamClassifier
{
public:
    /// Throws `Error` for a configuration outside its ranges.
    WidebandScanner(Model model, ClassifierConfig config, EventHandler handler);
    ~WidebandScanner() override;
    WidebandScanner(WidebandScanner&&) noexcept;

    std::uint64_t epoch_samples() const noexcept;

private:
    void consume(const std::complex<float>* samples, std::size_t count) noexcept override;
    void end_segment(bool is_last) noexcept override;

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::stream
