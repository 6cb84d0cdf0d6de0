// SPDX-License-Identifier: GPL-3.0-or-later
// What needs VOLK and its like, in a build without them: it says so. Data sets are read, trained on and measured.
#include "apps/prunedamr/absent.h"
#include "apps/prunedamr/eval_detection.h"
#include "apps/prunedamr/eval_recordings.h"
#include "apps/prunedamr/frame_data.h"
#include "apps/prunedamr/model_output.h"
#include "apps/prunedamr/subcommands.h"

namespace prunedamr::tool {
namespace {

constexpr AbsentPart kLive = {
    "VOLK, FFTW, liquid-dsp",
    "-DPRUNEDAMR_LIVE=ON (needs libvolk-dev libfftw3-dev libliquid-dev libzmq3-dev cppzmq-dev)"
};

} // namespace

void add_synth(CLI::App& app)
{
    kLive.add_subcommand(app, "synth");
}

void add_measure(CLI::App& app)
{
    kLive.add_subcommand(app, "measure");
}

void add_label(CLI::App& app)
{
    kLive.add_subcommand(app, "label");
}

void add_systems(CLI::App& app)
{
    kLive.add_subcommand(app, "systems");
}

void add_data_plot(CLI::App& data)
{
    kLive.add_subcommand(data, "plot");
}

nlohmann::json eval_recordings(const model::Model&, const std::vector<std::string>&)
{
    kLive.refuse("--recordings");
}

void add_detection_options(CLI::App&, DetectionOptions&) {}

nlohmann::json eval_detection(const DetectionOptions&)
{
    kLive.refuse("--scenes");
}

std::string drift_reference(const metrics::Evaluation&, const model::ModelInfo&)
{
    return {};
}

dataset::Dataset make_recipe_frames(const FrameData& options)
{
    kLive.refuse("--data " + options.data);
}

FrameShards make_recipe_pages(const FrameData& options)
{
    kLive.refuse("--data " + options.data);
}

} // namespace prunedamr::tool
