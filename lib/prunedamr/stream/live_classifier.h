// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/stream/label_event.h"
#include "prunedamr/stream/model.h"

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace prunedamr::stream {

struct ClassifierStats {
    std::uint64_t samples = 0;
    std::uint64_t frames = 0; ///< classified
    std::uint64_t dropped_frames = 0;
    std::uint64_t events = 0;
    std::uint64_t swaps = 0; ///< models gone over to while running
    double busy_s = 0.0;     ///< time spent inside `process`
};

/// Receives events on the thread that calls `process`. Must not throw.
using EventHandler = std::function<void(const LabelEvent&)>;

/// What a receiver holds: samples in, events out, whether they are taken for one signal (`Classifier`) or searched
/// for several (`Survey`). Knows no GNU Radio. The same samples give the same events whatever the chunks. After
/// construction `process` and `flush` neither allocate, lock, throw nor log (what the handler does is its own).
class LiveClassifier
{
public:
    virtual ~LiveClassifier();

    virtual void process(const std::complex<float>* samples, std::size_t count) noexcept = 0;

    /// End of the stream: decides on what is left, if that is enough to be decided on.
    virtual void flush() noexcept = 0;

    /// Time of sample `sample_index` (counted from the start of the stream). Without it, system time of the first
    /// `process` call.
    void set_time(std::uint64_t sample_index, std::int64_t time_ns, TimeSource source) noexcept;

    /// Valid from the next decision interval on; may be called from any thread.
    void set_center_freq_hz(double center_freq_hz) noexcept;
    void count_overflow() noexcept; ///< may be called from any thread

    /// The stream goes over to `next` after the interval that it is in, without losing a sample: the next event is
    /// `next`'s. Compile it before (`open_model`): what can fail has then failed with the present model untouched.
    /// May be called from any thread; allocates there.
    void swap(Model next);

    /// The same with the model before the present one, which is kept for this; false when there is none.
    bool swap_back();

    ClassifierStats stats() const noexcept; ///< may be called from any thread
    std::string
    description() const; ///< of the present model, for logs: name, instruction set, precision, frames per call
    const graph::Network& network() const; ///< of the present model; on the thread that calls `process`

protected:
    struct Core;
    explicit LiveClassifier(std::unique_ptr<Core> core);
    LiveClassifier(LiveClassifier&&) noexcept;

    std::unique_ptr<Core> core_;
};

} // namespace prunedamr::stream
