// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gr-prunedamr/lib/classifier_base_impl.h"
#include "prunedamr/stream/wideband_scanner.h"
#include "prunedamr/stream/model.h"

#include <gnuradio/prunedamr/survey.h>

namespace gr {
namespace prunedamr {

class survey_impl : public survey, public classifier_base_impl
{
public:
    survey_impl(const std::string& model_file, const ::prunedamr::stream::ModelConfig& model_config,
                const ::prunedamr::stream::SurveyConfig& config);
};

} // namespace prunedamr
} // namespace gr
