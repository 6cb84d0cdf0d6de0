// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/model/model.h"
#include "prunedamr/stream/classifier_config.h"
#include "prunedamr/stream/stream_classifier.h"

#include <functional>

namespace prunedamr::stream {

/// samples -> front end -> frames -> squelch -> engine -> decision -> events, for one signal at a time. What is
/// left at the end is decided on if it is at least the front end's min_samples. A block knows nothing of the one
/// before, and of an interval only its label is favored in the next: what happens to samples is over with their
/// interval.
class PRUNEDAMR_API SignalClassifier final : public StreamClassifier
{
public:
    /// Throws `Error` for a configuration outside its ranges; compiles the model.
    SignalClassifier(const model::Model& model, ClassifierConfig config, EventHandler handler);

    /// The same for a model that is compiled already.
    SignalClassifier(Model model, ClassifierConfig config, EventHandler handler);
    ~SignalClassifier() override;
    SignalClassifier(SignalClassifier&&) noexcept;

    /// One event for one burst, independent of the stream's interval: `count` samples of any length >= min_samples
    /// are cut into blocks, all of whose frames count. `seq` goes on from the last event of either kind;
    /// sample_start counts the samples of bursts; time is the system's time of the call. The handler is not called.
    /// Returns false when the burst is too short.
    bool classify_burst(const std::complex<float>* samples, std::size_t count, LabelEvent& event) noexcept;

    /// Called before a block is classified, for tags: (sample_start, sample_count of the block). Set before
    /// `process`.
    void on_block(std::function<void(std::uint64_t, std::uint64_t)> handler);

private:
    void consume(const std::complex<float>* samples, std::size_t count) noexcept override;
    void end_segment(bool is_last) noexcept override;

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::stream
