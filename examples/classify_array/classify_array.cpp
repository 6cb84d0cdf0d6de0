// SPDX-License-Identifier: GPL-3.0-or-later
// classify_array MODEL CAPTURE [RATE]: a JSON line per 0.1 s; RATE is for files that do not tell it (x.cf32).
#include "prunedamr/recording/recording.h"
#include "prunedamr/stream/signal_classifier.h"
#include "prunedamr/stream/model.h"

#include <cstdio>
#include <cstdlib>

using namespace prunedamr;

int main(int argc, char** argv)
try {
    if (argc != 3 && argc != 4)
        return std::fprintf(stderr, "usage: classify_array MODEL CAPTURE [RATE]\n"), 2;
    recording::RawOptions raw;
    if (argc == 4)
        raw.sample_rate_hz = std::atof(argv[3]);
    recording::Recording recording(argv[2], raw);
    std::vector<std::complex<float>> samples(recording.info().sample_count);
    recording.read(samples.data(), samples.size());

    stream::ClassifierConfig config;
    config.sample_rate_hz = recording.info().sample_rate_hz;
    config.interval_s = 0.1;
    stream::SignalClassifier classifier(stream::open_model(argv[1]), config, [](const stream::LabelEvent& event) {
        std::puts(stream::to_json_line(event).c_str());
    });
    classifier.set_time(0, 0, stream::TimeSource::file);
    classifier.process(samples.data(), samples.size()); // in any number of calls, of any size
    classifier.flush();
} catch (const std::exception& error) {
    return std::fprintf(stderr, "classify_array: %s\n", error.what()), 1;
}
