// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/prunedamr/classifier_base.h>

#include <memory>
#include <string>

namespace gr {
namespace prunedamr {

/*!
 * \brief Modulation labels from a stream of complex samples.
 * \ingroup prunedamr
 *
 * \details
 * Input: one complex stream. Output: none, or the same stream with tags.
 *
 * Message port \p labels (out): one PMT dict per decision, with the keys of the label event (see
 * pmt_label.h). What is left at the end of the input is decided too. Commands and the tags that it reads:
 * classifier_base.h.
 *
 * Tags on the output, behind what they describe, for its samples have gone: \p prunedamr_block at the first sample
 * after each block of the front end, which begins the next (value: dict of \p sample_start, \p sample_count), and
 * \p prunedamr_label at the first sample after each decided interval (value: the event's dict). Those of the end
 * of the stream are at its last sample.
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
     * \param interval_s seconds per decision, >= 0; shorter is quicker to follow and less sure.
     *        0: one block of the model's front end
     * \param source name of the stream in its events
     * \param live drop whole frames when the computer falls behind, and count them; false holds the source back
     * \param min_confidence 0..1: a signal below it is "unknown"; negative: the model's own threshold
     * \param backend native, onednn or torch
     * \param max_latency_us above 0: as many frames per call as give the most throughput within that time
     * \param bursts decisions also begin and end where the power does: one event per burst
     * \param burst_gap_s seconds of quiet that end a burst
     *
     * Throws ::prunedamr::Error for a file that is not a sound model and for values out of range.
     */
    static sptr make(const std::string& model_file, double sample_rate, double center_freq = 0.0,
                     double interval_s = 0.1, const std::string& source = "rx0", bool live = false,
                     double min_confidence = -1.0, const std::string& backend = "native",
                     double max_latency_us = 0.0, bool bursts = false, double burst_gap_s = 0.003);
};

} // namespace prunedamr
} // namespace gr
