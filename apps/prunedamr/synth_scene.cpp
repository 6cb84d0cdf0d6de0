// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/recording/sigmf_writer.h"
#include "prunedamr/synth/scene/scene.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::tool {
namespace {

constexpr std::size_t kMaxSceneBytes = 64 << 20;

struct Options {
    std::string out;
    std::string scene;
    std::string json;
    std::string format = "ci16_le";
    bool in_turn = false, band = false;
    std::vector<double> snr_db = { 10.0, 30.0 };
    synth::RandomSceneConfig random;
};

synth::Scene make_scene(Options& options)
{
    if (!options.scene.empty())
        return synth::scene_from_json(read_file(options.scene, kMaxSceneBytes), options.scene);
    options.random.snr_low_db = options.snr_db.front();
    options.random.snr_high_db = options.snr_db.back();
    if (options.band) {
        synth::BandSceneConfig band;
        band.sample_rate_hz = options.random.sample_rate_hz;
        band.duration_s = options.random.duration_s;
        band.snr_low_db = options.random.snr_low_db;
        band.snr_high_db = options.random.snr_high_db;
        band.seed = options.random.seed;
        return synth::band_scene(band);
    }
    return options.in_turn ? synth::scene_in_turn(options.random) : synth::random_scene(options.random);
}

/// Streams the capture to its files; returns how many samples were clipped.
std::uint64_t write_capture(const synth::Scene& scene, const recording::RecordingInfo& info, const std::string& out)
{
    const InterruptGuard guard; // before there is a file that an interrupt could leave behind
    recording::SigmfWriter writer(out, info);
    Progress progress("scene", 1);
    const auto clipped = synth::render_scene(scene, [&](const std::complex<float>* piece, std::size_t count) {
        if (interrupted())
            throw Error({ "stopped, nothing is written", out, "", "" });
        writer.append(piece, count);
        progress.within_step(static_cast<double>(writer.sample_count()) / static_cast<double>(info.sample_count));
    });
    writer.finish();
    return clipped;
}

void run(Options& options)
{
    const synth::Scene scene = make_scene(options);
    if (options.out.empty() && options.json.empty())
        std::printf("%s\n", to_json_text(scene).c_str());
    if (!options.json.empty())
        write_text_atomically(options.json, to_json_text(scene) + "\n");
    if (options.out.empty())
        return;
    auto info = synth::scene_info(scene);
    info.format = recording::sample_format(options.format);
    const std::uint64_t clipped = write_capture(scene, info, options.out);
    std::printf("%s: %llu samples, %zu signals in %zu annotations", options.out.c_str(),
                static_cast<unsigned long long>(info.sample_count), scene.signals.size(), info.annotations.size());
    if (clipped > 0)
        std::printf(", %llu samples CLIPPED: lower noise_dbfs_per_hz or the levels",
                    static_cast<unsigned long long>(clipped));
    std::printf("\n");
}

void add_random_options(CLI::App& command, Options& options, std::vector<CLI::Option*>& added)
{
    auto& random = options.random;
    const auto add = [&](CLI::Option* option) { added.push_back(option); };
    add(command.add_option("--recipe", random.recipe, "how transmitters are drawn (default onair)")->type_name("NAME|FILE"));
    add(command.add_option("--signals", random.signals, "how many (default 8)")->check(CLI::Range(1, 1000)));
    add(cli::add_list(command, "--labels", random.labels, "their classes, comma-separated (default: all)"));
    add(cli::add_quantity(command, "--rate", random.sample_rate_hz, "sample rate [Hz] (default 1M)"));
    add(cli::add_quantity(command, "--freq", random.center_freq_hz, "center frequency [Hz] (default 0)"));
    add(command.add_option("--duration", random.duration_s, "of the capture [s] (default 1)"));
    add(command
            .add_option("--snr", options.snr_db,
                        "LOW,HIGH or one value, in each signal's own band [dB] (default 10,30)")
            ->delimiter(',')
            ->expected(1, 2));
    add(command.add_option("--bursts", random.bursts, "fraction of signals that come in bursts (default 0.5)")
            ->check(CLI::Range(0.0, 1.0)));
    add(command.add_option("--seed", random.seed, "random seed (default 1)"));
    add(command.add_flag("--band", options.band,
                      "bursts, hopping, grids of channels, near and far, and a receiver with faults of its own: what "
                      "`eval --scenes` measures the detector on; only --rate, --duration, --snr and --seed count"));
    add(command.add_flag("--in-turn", options.in_turn, "each class once, one after another near the center"));
}

} // namespace

CLI::App* add_synth_scene(CLI::App& synth)
{
    auto options = std::make_shared<Options>();
    auto* command = synth.add_subcommand("scene", "one wideband SigMF capture with several signals, annotated");
    command->add_option("--out", options->out, "FILE.sigmf-meta; without it the scene is only printed as JSON")
        ->type_name(cli::kOutput);
    command->add_option("--format", options->format, "of the samples")
        ->capture_default_str()
        ->check(CLI::IsMember({ "ci16_le", "cf32_le" }));
    auto* file = command->add_option("--scene", options->scene,
                                     "FILE.json that says what is in the scene; without it a random one")
                     ->type_name(cli::kInput);
    std::vector<CLI::Option*> random;
    add_random_options(*command, *options, random);
    for (CLI::Option* option : random)
        file->excludes(option);
    cli::add_json(*command, options->json, "also write the scene to this file: edit it, give it back with --scene");
    command->callback([options] { run(*options); });
    return command;
}

} // namespace prunedamr::tool
