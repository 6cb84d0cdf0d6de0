// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/rx/receiver.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/graph/model_search.h"
#include "prunedamr/stream/classifier.h"
#include "prunedamr/stream/curve_key.h"

#include <gnuradio/prunedamr/classifier.h>
#include <gnuradio/prunedamr/survey.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <future>
#include <stdexcept>
#include <utility>

namespace prunedamr::rx {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrace = 1s;          ///< between a signal and leaving a stalled reader behind
constexpr double kSpareBuffer = 1.2; ///< room between a live source and the classifier, of what may be late

std::unique_ptr<stream::Publisher> make_publisher(const Options& options, const Source& source)
{
    std::vector<std::unique_ptr<stream::Sink>> sinks;
    for (const auto& output : options.outputs) {
        if (output.kind == OutputKind::json) {
            sinks.push_back(stream::make_json_lines_sink(output.target));
        } else if (output.kind == OutputKind::sigmf) {
            sinks.push_back(
                stream::make_sigmf_sink({ options.source.address, source.recording.value(), output.target }));
        } else {
            stream::ZmqConfig config;
            config.endpoint = output.target;
            config.topic = options.topic;
            if (!options.zmq_key.empty())
                config.curve_secret_key = stream::read_curve_secret_key(options.zmq_key);
            sinks.push_back(stream::make_zmq_sink(config));
        }
    }
    return std::make_unique<stream::Publisher>(std::move(sinks), !source.live);
}

gr::prunedamr::labeller::sptr make_labeller(const Options& options, const Source& source, const std::string& model)
{
    if (options.survey)
        return gr::prunedamr::survey::make(model, source.sample_rate_hz, source.center_freq_hz, options.interval_s,
                                           options.survey_signals, options.name, source.live,
                                           options.min_confidence, options.backend, options.max_latency_us);
    return gr::prunedamr::classifier::make(model, source.sample_rate_hz, source.center_freq_hz, options.interval_s,
                                           options.name, source.live, options.min_confidence, options.backend,
                                           options.max_latency_us, options.bursts, options.burst_gap_s);
}

void print(const std::string& statistics)
{
    std::fprintf(stderr, "prunedamr-rx: %s\n", statistics.c_str());
}

} // namespace

Receiver::Receiver(const Options& options)
    : source_(make_source(options.source)), model_(graph::find_model(options.model)),
      labeller_(make_labeller(options, source_, model_)), publisher_(make_publisher(options, source_)),
      flowgraph_(gr::make_top_block("prunedamr-rx")), where_(options.source.address), quiet_(options.quiet)
{
    if (options.watch_model)
        watched_.emplace(model_);
    if (source_.time_ns)
        labeller_->set_start_time(*source_.time_ns, true);
    labeller_->set_event_handler(
        [publisher = publisher_.get()](const stream::LabelEvent& event) { publisher->publish(event); });
    if (source_.live) // room for the lag that the classifier allows itself before it drops
        source_.block->set_min_output_buffer(
            static_cast<long>(kSpareBuffer * stream::max_lag_s(source_.sample_rate_hz) * source_.sample_rate_hz));
    flowgraph_->connect(source_.block, 0, labeller_, 0);
}

void Receiver::run()
{
    Statistics statistics;
    if (!quiet_)
        print(labeller_->description());
    flowgraph_->start();
    wait_for_end(statistics);
    write_out();
    if (const auto fault = publisher_->fault())
        throw std::runtime_error(*fault);
    if (source_.samples && source_.samples->fault())
        throw std::runtime_error(*source_.samples->fault());
    if (source_.live && !interrupted())
        throw Error{ { "the source ended by itself", where_, "", "" } };
    if (!quiet_)
        print(statistics.summary(labeller_->stats(), publisher_->lost()));
}

/// Writes what is queued. A reader that stalls is waited for, but not after a signal.
void Receiver::write_out()
{
    auto end = std::async(std::launch::async, [this] { publisher_->close(); });
    while (end.wait_for(50ms) != std::future_status::ready)
        abandon_stalled_readers();
    end.get();
}

void Receiver::abandon_stalled_readers()
{
    const auto now = Statistics::Clock::now();
    if (!interrupted())
        return;
    if (!interrupted_at_)
        interrupted_at_ = now;
    if (now - *interrupted_at_ > kGrace)
        publisher_->abandon();
}

void Receiver::wait_for_end(Statistics& statistics)
{
    auto next_line = Statistics::Clock::now() + 1s;
    auto end = std::async(std::launch::async, [this] { flowgraph_->wait(); });
    bool stopping = false;
    while (end.wait_for(50ms) != std::future_status::ready) {
        if ((interrupted() || publisher_->fault()) && !std::exchange(stopping, true))
            stop();
        abandon_stalled_readers();
        follow_requests();
        if (!quiet_ && Statistics::Clock::now() >= next_line) {
            print(statistics.line(labeller_->stats(), publisher_->lost()));
            next_line += 1s;
        }
    }
    end.get();
}

/// Samples flow on meanwhile. What goes wrong is said, --quiet or not.
void Receiver::follow_requests()
{
    const bool changed = watched_ && watched_->changed();
    try {
        if (take_reload() || changed) {
            labeller_->set_model(model_);
            if (!quiet_)
                print("goes over to " + model_);
        }
    } catch (const std::exception& error) {
        print(std::string("keeps its model: ") + error.what());
    }
    if (take_restore()) {
        const bool restored = labeller_->restore_model();
        if (!quiet_ || !restored)
            print(restored ? "goes back to the model before" : "has no model before the present one");
    }
}

void Receiver::stop()
{
    // A file or pipe ends at its source, so that samples on their way are still classified.
    if (source_.samples)
        source_.samples->finish();
    else
        flowgraph_->stop();
}

} // namespace prunedamr::rx
