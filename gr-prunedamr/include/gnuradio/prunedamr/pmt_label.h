// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"

#include <gnuradio/prunedamr/api.h>
#include <pmt/pmt.h>

#include <string>

namespace gr {
namespace prunedamr {

/*!
 * \brief A label event as a PMT dict: the keys of its JSON.
 *
 * Text is a symbol, counts are uint64, numbers are real, what could not be measured is PMT_NIL, \p top is a vector
 * of [label, probability] vectors. \p time is as in rx_time, the tuple (uint64 seconds, real fraction): PMT keeps
 * every symbol for ever, so a new text per event would never be freed.
 */
GR_PRUNEDAMR_API pmt::pmt_t to_pmt(const ::prunedamr::stream::LabelEvent& event);

/*!
 * \brief One line of JSON from a dict as \ref to_pmt makes it: keys of the label event in wire order, then others.
 *
 * A value without a JSON form is written as PMT prints it. Throws ::prunedamr::Error for what is not a dict.
 */
GR_PRUNEDAMR_API std::string to_json_line(const pmt::pmt_t& label);

} // namespace prunedamr
} // namespace gr
