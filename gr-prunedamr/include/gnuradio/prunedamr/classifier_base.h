// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/stream_classifier.h"

#include <gnuradio/prunedamr/api.h>
#include <gnuradio/sync_block.h>

#include <cstdint>
#include <memory>
#include <string>

namespace gr {
namespace prunedamr {

/*!
 * \brief What a block that makes labels from a stream is told while it runs.
 * \ingroup prunedamr
 *
 * \details
 * Message port \p command (in): a dict, or a pair of one key and its value; \p freq or \p center_freq (Hz) tells of
 * a retuned receiver, \p model (file or name) brings in another model while samples flow, \p revert_model (any
 * value) the one before it. A file that is not a sound model is reported, and the running one goes on.
 *
 * Tags read from the input: \p rx_time (times become those of the hardware; a jump counts as an overflow),
 * \p rx_freq (Hz), \p rx_rate (warns once if it contradicts \p sample_rate). Numbers may be of any type. Where
 * \p rx_rate and \p rx_freq are repeated unchanged, without a time, the source goes on after an overflow. No label
 * is made of samples from both sides of a loss or a retune that a tag tells of.
 */
class GR_PRUNEDAMR_API classifier_base : virtual public gr::sync_block
{
public:
    using sptr = std::shared_ptr<classifier_base>;

    //! Events also go to \p handler, in the thread of work(), before they are published. Set before the start.
    virtual void set_event_handler(::prunedamr::stream::EventHandler handler) = 0;

    //! Time of sample 0, ns since 1970-01-01 UTC; \p from_file: the time of a recording. Set before the start.
    virtual void set_start_time(std::int64_t time_ns, bool from_file) = 0;

    //! Tuned frequency in Hz, finite, from the next interval on, or the next epoch of a band's search; any thread.
    virtual void set_center_freq(double center_freq) = 0;

    /*!
     * Loads a model beside the running one, as make() does, and goes over to it between two intervals. Throws
     * ::prunedamr::Error for a file that is not a sound model; the running one then goes on. Any thread.
     */
    virtual void set_model(const std::string& model_file) = 0;

    //! The same with the model before the present one; false when there is none. Any thread.
    virtual bool revert_model() = 0;

    //! Model and backend, as the log reports them at the start: "onair-s: native avx512, float32, 16 frames per
    //! call".
    virtual std::string description() const = 0;

    //! Any thread.
    virtual ::prunedamr::stream::ClassifierStats stats() const = 0;
};

} // namespace prunedamr
} // namespace gr
