// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "front_end_options.h"
#include "verbs.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/data/dataset.h"
#include "prunedamr/data/recording.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/onair_capture.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>

namespace prunedamr::workshop {
namespace {

struct Options {
    std::string recipe = "onair";
    bool show = false;
    std::string out;
    std::vector<std::string> labels;
    std::uint64_t seed = 1;
    std::string json;
    synth::FrameMakerConfig frames;
    std::int64_t frames_per_class = 1000;
    synth::CaptureConfig capture;
};

bool is_capture(const std::string& path)
{
    const auto extension = std::filesystem::path(path).extension();
    return extension == ".sigmf-meta" || extension == ".sigmf-data";
}

nlohmann::json make_capture(Options& options)
{
    check_writable(options.out);
    auto& config = options.capture;
    config.labels = options.labels;
    config.seed = options.seed;
    const auto capture = synth::onair_capture(config);
    data::write_sigmf(options.out, capture.info, capture.samples);
    return { { "out", options.out },
             { "samples", capture.samples.size() },
             { "signals", capture.info.annotations.size() },
             { "sample_rate_hz", capture.info.sample_rate_hz } };
}

nlohmann::json make_frames(Options& options)
{
    data::check_dataset_path(options.out);
    auto& config = options.frames;
    config.labels = options.labels;
    config.recipe = synth::load_recipe(options.recipe);
    auto dataset = synth::FrameMaker(config).make(options.frames_per_class, options.seed);
    data::assign_split(dataset, {}, options.seed);
    data::write_dataset(dataset, options.out);
    return { { "out", options.out },
             { "frames", dataset.size() },
             { "classes", dataset.class_names },
             { "front_end", to_json(dataset.front_end) } };
}

void run(Options& options)
{
    if (options.show) {
        std::fputs(synth::shipped_recipe(options.recipe).c_str(), stdout);
        return;
    }
    if (options.out.empty())
        throw CLI::RequiredError("--out");
    const auto summary = is_capture(options.out) ? make_capture(options) : make_frames(options);
    std::printf("%s\n", summary.dump().c_str());
    cli::write_json(summary, options.json);
}

} // namespace

void add_synth(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* verb = app.add_subcommand("synth", "make labelled signals: frames for training, or a SigMF capture");
    verb->add_option("--recipe", options->recipe, "onair: what an antenna sees; or a recipe of your own, FILE.json")
        ->capture_default_str();
    verb->add_flag("--show-recipe", options->show, "print the shipped recipe, to be copied and edited, and end");
    verb->add_option("--out", options->out, "frames: FILE.h5 or FILE.safetensors; capture: FILE.sigmf-meta");
    verb->add_option("--labels", options->labels, "classes, comma-separated (default: all)")->delimiter(',');
    verb->add_option("--seed", options->seed, "of everything random")->capture_default_str();
    cli::add_json(*verb, options->json, "also write the summary to this file");

    auto& frames = options->frames;
    verb->add_option("--frames-per-class", options->frames_per_class, "frames of each class")
        ->capture_default_str()
        ->check(CLI::Range(1, 10000000));
    verb->add_option("--snr-low", frames.snr_low_db,
                     "lowest SNR, in the signal's band [dB] (default: the recipe's)");
    verb->add_option("--snr-high", frames.snr_high_db, "highest SNR [dB] (default: the recipe's)");
    verb->add_option("--frames-per-reception", frames.frames_per_reception,
                     "frames of one group that one reception gives at most")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    verb->add_option("--threads", frames.threads, "0: all cores; the result does not depend on it")
        ->capture_default_str()
        ->check(CLI::Range(0, 256));
    add_front_end_options(*verb, frames.front_end);

    auto& capture = options->capture;
    cli::add_quantity(*verb, "--rate", capture.sample_rate_hz, "capture: sample rate [Hz] (default 1M)");
    cli::add_quantity(*verb, "--freq", capture.center_freq_hz, "capture: centre frequency [Hz] (default 0)");
    verb->add_option("--samples-per-signal", capture.samples_per_signal, "capture: length of each signal")
        ->capture_default_str()
        ->check(CLI::Range(1024, 1 << 26));
    verb->add_option("--snr", capture.snr_db, "capture: SNR of each signal [dB]")
        ->capture_default_str()
        ->check(CLI::Range(-60.0, 100.0));
    verb->callback([options] { run(*options); });
}

} // namespace prunedamr::workshop
