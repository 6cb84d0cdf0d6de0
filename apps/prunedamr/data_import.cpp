// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/capture_info.h"
#include "apps/prunedamr/data_flow.h"
#include "apps/prunedamr/front_end_options.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/capture_source.h"
#include "prunedamr/dataset/transforms.h"
#include "prunedamr/formats/open_frame_source.h"
#include "prunedamr/model/class_table.h"

#include <cstdio>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options {
    std::vector<std::string> inputs;
    DataOutput output;
    dataset::Selection selection;
    bool canonical_names = false;
    bool normalize = false;
    dataset::CaptureOptions capture;
};

/// The inputs by their kinds: captures are one source, each data set is one of its own.
struct Inputs {
    std::vector<std::string> captures, datasets;
};

Inputs sort_inputs(const Options& options)
{
    Inputs inputs;
    for (const auto& path : options.inputs)
        (options.capture.raw.format || recording::is_recording(path) ? inputs.captures : inputs.datasets)
            .push_back(path);
    return inputs;
}

std::unique_ptr<dataset::FrameSource> renamed(std::unique_ptr<dataset::FrameSource> source, const Options& options)
{
    if (options.canonical_names)
        source = with_canonical_names(std::move(source));
    if (options.normalize)
        source = scale_to_unit_rms(std::move(source));
    return source;
}

/// All inputs as one source. `captures` is set to the part of it that reads captures, which tells what it left out.
std::unique_ptr<dataset::FrameSource> open_all(const Inputs& inputs, const Options& options,
                                               const dataset::CaptureSource** captures)
{
    std::vector<dataset::NamedSource> sources;
    for (const auto& path : inputs.datasets)
        sources.push_back({ path, renamed(formats::open_frame_source(path), options) });
    if (!inputs.captures.empty()) {
        auto source = std::make_unique<dataset::CaptureSource>(inputs.captures, options.capture);
        *captures = source.get();
        const std::string more = inputs.captures.size() > 1 ? " and others" : "";
        sources.push_back({ inputs.captures.front() + more, renamed(std::move(source), options) });
    }
    return concat(std::move(sources));
}

void print(const nlohmann::json& report)
{
    std::printf("  captures: %s files, %s labeled stretches, %s frames\n", report["files"].dump().c_str(),
                report["groups"].dump().c_str(), report["frames"].dump().c_str());
    for (const auto& [reason, count] : report["skipped"].items())
        std::printf("  skipped:  %s: %s\n", count.dump().c_str(), reason.c_str());
}

/// What a user of the new data set should know.
void warn(const nlohmann::ordered_json& summary)
{
    for (const auto& [name, count] : summary["frames_per_class"].items()) {
        if (count == 0)
            std::printf("  note:     class %s has no frames\n", name.c_str());
        if (!model::find_modulation(name))
            std::printf("  note:     class %s is not in the table of classes; it is a family of its own\n",
                        name.c_str());
    }
}

void run(Options& options)
{
    dataset::check_dataset_path(options.output.options.path);
    const Inputs inputs = sort_inputs(options);
    const dataset::CaptureSource* captures = nullptr;
    options.selection.seed = options.output.options.seed;
    // The selection may look through its source before it reads: the one that it reads is opened first.
    const auto source = filter(
        [&] {
            const dataset::CaptureSource* opened = nullptr;
            auto all = open_all(inputs, options, &opened);
            captures = captures ? captures : opened;
            return all;
        },
        options.selection);
    auto summary = write_frames(*source, options.output);
    if (captures) {
        summary["captures"] = captures->report();
        print(summary["captures"]);
    }
    warn(summary);
    cli::write_json(summary, options.output.json);
}

void add_selection_options(CLI::App& command, dataset::Selection& selection)
{
    cli::add_list(command, "--labels", selection.labels, "only these classes, in this order, comma-separated");
    command.add_option("--snr-low", selection.snr_low_db, "only from this SNR on [dB]; frames of unknown SNR stay");
    command.add_option("--snr-high", selection.snr_high_db, "only up to this SNR [dB]; the same");
    command
        .add_option("--frames-per-cell", selection.frames_per_cell,
                    "at most so many frames of a class and SNR (to 2 dB), drawn by the seed")
        ->check(CLI::Range(1, 1000000000));
}

void add_capture_options(CLI::App& command, dataset::CaptureOptions& capture)
{
    command.add_option("--label", capture.label, "class of captures that have no labels")->type_name("LABEL");
    command.add_flag("--labeled-by-persons", capture.only_of_persons,
                     "leave out what only a receiver has labeled: of snippets, those that nobody has looked at (see prunedamr label)");
    add_raw_options(command, capture.raw);
    add_front_end_options(command, capture.front_end);
    for (const char* name :
         { "--label", "--labeled-by-persons", "--format", "--rate", "--front-end", "--frame", "--block-length", "--occupied-fraction" })
        command.get_option(name)->group("Captures");
}

} // namespace

void add_data_import(CLI::App& data)
{
    auto options = std::make_shared<Options>();
    auto* command =
        data.add_subcommand("import", "make a data set of others, of RadioML files, or of labeled captures");
    command->add_option("inputs", options->inputs, "data sets of one front end, or captures")
        ->type_name(cli::kInput)
        ->required();
    add_output_options(*command, options->output);
    command->add_flag("--float16", options->output.options.half, "store samples in 16 bits");
    add_selection_options(*command, options->selection);
    command->add_flag("--canonical-labels", options->canonical_names,
                      "rename classes to our spelling: QAM16 -> 16QAM");
    command->add_flag("--normalize", options->normalize, "scale every frame to a mean power of 1");
    add_capture_options(*command, options->capture);
    options->capture.on_warnings = cli::warn;
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
