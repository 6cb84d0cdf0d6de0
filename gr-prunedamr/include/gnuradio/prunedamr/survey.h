// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/prunedamr/classifier_base.h>

#include <memory>
#include <string>

namespace gr {
namespace prunedamr {

/*!
 * \brief Searches a wide band and labels every signal in it.
 * \ingroup prunedamr
 *
 * \details
 * Input: one complex stream. No output stream.
 *
 * Message port \p labels (out): one PMT dict per signal and interval, with the keys of the label event (see
 * pmt_label.h): center_freq_hz and bandwidth_hz are those of the signal; one of state "noise" for the whole band
 * when there is none. Commands and the tags that it reads: classifier_base.h.
 */
class GR_PRUNEDAMR_API survey : virtual public classifier_base
{
public:
    using sptr = std::shared_ptr<survey>;

    /*!
     * \param model_file a .safetensors model, the name of an installed one, or for the backend torch a TorchScript
     * file with a .json beside it
     * \param sample_rate Hz, > 0; must be the true rate: frequencies, times and the interval follow from it
     * \param center_freq tuned frequency, Hz
     * \param interval_s seconds per decision, >= 0, rounded up to a multiple of a dwell (about 0.04 s)
     * \param max_signals at a time, the strongest; 1..64
     * \param source name of the stream in its events
     * \param live drop whole dwells when the computer falls behind; false holds the source back
     * \param min_confidence 0..1: a signal below it is "unknown"; negative: the model's own threshold
     * \param backend native, onednn or torch
     * \param max_latency_us above 0: as many frames per call as give the most throughput within that time
     *
     * Throws ::prunedamr::Error for a file that is not a sound model and for values out of range.
     */
    static sptr make(const std::string& model_file, double sample_rate, double center_freq = 0.0,
                     double interval_s = 0.1, int max_signals = 16, const std::string& source = "rx0",
                     bool live = false, double min_confidence = -1.0, const std::string& backend = "native",
                     double max_latency_us = 0.0);
};

} // namespace prunedamr
} // namespace gr
