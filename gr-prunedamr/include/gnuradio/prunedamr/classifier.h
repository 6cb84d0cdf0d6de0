// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/prunedamr/classifier_base.h>

#include <memory>
#include <string>

namespace gr {
namespace prunedamr {

/*!
 * \brief Finds every emission in a band and labels its modulation; or labels the one signal of a stream.
 * \ingroup prunedamr
 *
 * \details
 * Input: one complex stream. Output: none, or the same stream with tags.
 *
 * Message port \p labels (out): one PMT dict per decision, with the keys of the label event (see
 * pmt_label.h). A burst is one decision, from its start to its end; what lasts is decided once per interval, and an
 * interval without any emission gives one of state "noise" for the whole band. If \p single, every interval is one
 * decision on the signal to which the receiver is tuned. What is left at the end of the input is decided too. Commands
 * and the tags that it reads: classifier_base.h.
 *
 * Tags on the output: \p prunedamr_label (value: the event's dict) at the first sample after what was decided on, or
 * where the stream is by then, for emissions are searched for some second at a time; if \p single also
 * \p prunedamr_block at the first sample after each block of the front end, which begins the next (value: dict of
 * \p sample_start, \p sample_count). Those of the end of the stream are at its last sample.
 */
class GR_PRUNEDAMR_API classifier : virtual public classifier_base
{
public:
    using sptr = std::shared_ptr<classifier>;

    /*!
     * \param model_file a .safetensors model, the name of an installed one, or for the backend torch a TorchScript
     * file with a .json beside it
     * \param sample_rate Hz, > 0; must be the true rate: bandwidths, times and the interval follow from it
     * \param center_freq tuned frequency, Hz
     * \param interval_s seconds per decision on what lasts, >= 0; shorter is quicker to follow and less sure. Rounded
     *        up to a multiple of what is searched at a time (about a second, 2^14 samples at least), if \p single of a block of the model's
     *        front end
     * \param source name of the stream in its events
     * \param live drop samples when the computer falls behind, and count their frames; false holds the source back
     * \param min_confidence 0..1: a signal below it is "unknown"; negative: the model's own threshold
     * \param backend native, onednn or torch
     * \param max_latency_us above 0: as many frames per call as give the most throughput within that time
     * \param single the stream is one signal, to which the receiver is tuned
     *
     * Throws ::prunedamr::Error for a file that is not a sound model and for values out of range.
     */
    static sptr make(const std::string& model_file, double sample_rate, double center_freq = 0.0,
                     double interval_s = 0.1, const std::string& source = "rx0", bool live = false,
                     double min_confidence = -1.0, const std::string& backend = "native",
                     double max_latency_us = 0.0, bool single = false);
};

} // namespace prunedamr
} // namespace gr
