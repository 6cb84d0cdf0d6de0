// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gr-prunedamr/lib/classifier_base_impl.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/signal_classifier.h"
#include "prunedamr/stream/wideband_scanner.h"

#include <gnuradio/prunedamr/classifier.h>

namespace gr {
namespace prunedamr {

class classifier_impl : public classifier, public classifier_base_impl
{
public:
    classifier_impl(const std::string& model_file, const ::prunedamr::stream::ModelConfig& model_config,
                    const ::prunedamr::stream::ClassifierConfig& config, bool single);
};

} // namespace prunedamr
} // namespace gr
