// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/prunedamr/api.h>

#include <memory>
#include <string>

namespace gr {
namespace prunedamr {

/*!
 * \brief Modulation labels for bursts that travel as PDUs.
 * \ingroup prunedamr
 *
 * \details
 * Message port \p pdus (in): (dict . c32vector), one burst each; where the dict tells \p sample_rate or
 * \p center_frequency (Hz), these hold for the burst. Message port \p pdus (out): the same PDU, the
 * keys of the label event (see pmt_label.h) added to its metadata. No message is ever dropped: one that
 * cannot be classified (too short, not complex) leaves with \p state "unknown" and the reason in \p label_error.
 */
class GR_PRUNEDAMR_API pdu_classifier : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<pdu_classifier>;

    /*!
     * \param model_file a .safetensors model, the name of an installed one, or for the backend torch a TorchScript
     * file with a .json beside it
     * \param sample_rate of the bursts, Hz, > 0
     * \param source name of the stream in its events
     * \param min_confidence 0..1: a signal below it is "unknown"; negative: the model's own threshold
     * \param backend native, onednn or torch
     *
     * Throws ::prunedamr::Error for a file that is not a sound model and for values out of range.
     */
    static sptr make(const std::string& model_file, double sample_rate, const std::string& source = "bursts",
                     double min_confidence = -1.0, const std::string& backend = "native");
};

} // namespace prunedamr
} // namespace gr
