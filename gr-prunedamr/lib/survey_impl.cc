// SPDX-License-Identifier: GPL-3.0-or-later
#include "gr-prunedamr/lib/survey_impl.h"

#include "gr-prunedamr/lib/make_config.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace prunedamr {

namespace stream = ::prunedamr::stream;

survey::sptr survey::make(const std::string& model_file, double sample_rate, double center_freq, double interval_s,
                          int max_signals, const std::string& source, bool live, double min_confidence,
                          const std::string& backend, double max_latency_us)
{
    const stream::SurveyConfig config{
        make_config(sample_rate, center_freq, interval_s, source, live, min_confidence), max_signals
    };
    return gnuradio::make_block_sptr<survey_impl>(
        model_file, stream::ModelConfig{ backend, config.stream.max_batch, max_latency_us }, config);
}

survey_impl::survey_impl(const std::string& model_file, const stream::ModelConfig& model_config,
                         const stream::SurveyConfig& config)
    : gr::sync_block("survey", gr::io_signature::make(1, 1, sizeof(gr_complex)), gr::io_signature::make(0, 0, 0)),
      classifier_base_impl(model_config, config.stream.sample_rate_hz, [&](stream::EventHandler handler) {
          return std::make_unique<stream::WidebandScanner>(stream::open_model(model_file, model_config), config,
                                                           std::move(handler));
      })
{
}

} // namespace prunedamr
} // namespace gr
