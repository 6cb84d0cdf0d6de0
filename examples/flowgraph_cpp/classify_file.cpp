// SPDX-License-Identifier: GPL-3.0-or-later
// classify_file MODEL SAMPLES RATE: a headless GNU Radio flowgraph that finds every emission in a file of raw
// complex float32 samples and labels it, one JSON line per label.
#include <gnuradio/blocks/file_source.h>
#include <gnuradio/logger.h>
#include <gnuradio/prunedamr/classifier.h>
#include <gnuradio/top_block.h>

#include <prunedamr/stream/label_event.h>

#include <cstdio>
#include <exception>
#include <string>

int main(int argc, char** argv)
{
    if (argc != 4) {
        std::fprintf(stderr, "usage: classify_file MODEL SAMPLES RATE\n");
        return 2;
    }
    try {
        // GNU Radio logs to standard output, where the labels go.
        gr::logging::singleton().set_default_level(gr::log_level::warn);
        const auto flowgraph = gr::make_top_block("classify_file");
        const auto source = gr::blocks::file_source::make(sizeof(gr_complex), argv[2], false);
        const auto classifier = gr::prunedamr::classifier::make(argv[1], std::stod(argv[3]));
        classifier->set_start_time(0, true);
        classifier->set_event_handler([](const prunedamr::stream::LabelEvent& event) {
            std::printf("%s\n", prunedamr::stream::to_json_line(event).c_str());
        });
        flowgraph->connect(source, 0, classifier, 0);
        flowgraph->run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "classify_file: %s\n", error.what());
        return 1;
    }
    return 0;
}
