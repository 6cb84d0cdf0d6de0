// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gr-prunedamr/lib/labeller_impl.h"
#include "prunedamr/stream/survey.h"

#include <gnuradio/prunedamr/survey.h>

namespace gr {
namespace prunedamr {

class survey_impl : public survey, public labeller_impl
{
public:
    survey_impl(const std::string& model_file, const ::prunedamr::stream::ModelConfig& model_config,
                const ::prunedamr::stream::SurveyConfig& config);
};

} // namespace prunedamr
} // namespace gr
