// SPDX-License-Identifier: GPL-3.0-or-later
#include "gr-prunedamr/lib/classifier_impl.h"

#include "gr-prunedamr/lib/make_config.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace prunedamr {

namespace stream = ::prunedamr::stream;

classifier::sptr classifier::make(const std::string& model_file, double sample_rate, double center_freq,
                                  double interval_s, const std::string& source, bool live, double min_confidence,
                                  const std::string& backend, double max_latency_us, bool single)
{
    const stream::ClassifierConfig config =
        make_config(sample_rate, center_freq, interval_s, source, live, min_confidence);
    return gnuradio::make_block_sptr<classifier_impl>(
        model_file, stream::ModelConfig{ backend, config.max_batch, max_latency_us }, config, single);
}

classifier_impl::classifier_impl(const std::string& model_file, const stream::ModelConfig& model_config,
                                 const stream::ClassifierConfig& config, bool single)
    : gr::sync_block("classifier", gr::io_signature::make(1, 1, sizeof(gr_complex)),
                     gr::io_signature::make(0, 1, sizeof(gr_complex))),
      classifier_base_impl(model_config, config.sample_rate_hz, [&](stream::EventHandler handler) -> live_ptr {
          stream::Model model = stream::open_model(model_file, model_config);
          if (!single)
              return std::make_unique<stream::WidebandScanner>(std::move(model), config, std::move(handler));
          auto live = std::make_unique<stream::SignalClassifier>(std::move(model), config, std::move(handler));
          live->on_block([this](std::uint64_t start, std::uint64_t count) { note_block(start, count); });
          return live;
      })
{
}

} // namespace prunedamr
} // namespace gr
