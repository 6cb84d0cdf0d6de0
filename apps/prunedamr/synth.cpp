// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/front_end_options.h"
#include "apps/prunedamr/subcommands.h"
#include "apps/prunedamr/synth_rml2016a.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options {
    std::string recipe = "onair";
    bool show = false;
    std::string out;
    std::vector<std::string> labels;
    std::uint64_t seed = 1;
    int threads = 0;
    std::string json;
    synth::FrameMakerConfig frames;
    std::int64_t frames_per_class = 1000;
    synth::Rml2016aConfig rml2016a;
};

/// Headings in --help under which the options of one recipe stand.
constexpr const char* kOnairHeading = "Recipe onair or FILE.json";
constexpr const char* kRml2016aHeading = "Recipe rml2016a";

/// An option of another recipe would do nothing: it is refused.
void refuse_options_of_others(const CLI::App& command, const std::string& recipe)
{
    const bool rml2016a = recipe == "rml2016a";
    for (const CLI::Option* option : command.get_options())
        if (option->count() > 0 && option->get_group() == (rml2016a ? kOnairHeading : kRml2016aHeading))
            throw CLI::ValidationError(option->get_name() + " belongs to the recipe " +
                                       (rml2016a ? "onair" : "rml2016a"));
}

void check_out(const std::string& path)
{
    if (path.empty())
        throw CLI::RequiredError("--out");
    if (std::filesystem::path(path).extension().string().rfind(".sigmf", 0) == 0)
        throw Error({ "captures are made by 'prunedamr synth scene'", path, "", "" });
}

nlohmann::json make_frames(Options& options)
{
    dataset::check_dataset_path(options.out);
    auto& config = options.frames;
    config.labels = options.labels;
    config.threads = options.threads;
    config.recipe = synth::load_recipe(options.recipe);
    auto dataset = synth::FrameMaker(config).make(options.frames_per_class, options.seed);
    dataset::assign_split(dataset, {}, options.seed);
    dataset::write_dataset(dataset, options.out);
    return { { "out", options.out },
             { "frames", dataset.size() },
             { "classes", dataset.class_names },
             { "front_end", to_json(dataset.front_end) } };
}

nlohmann::json make_rml2016a_frames(Options& options)
{
    auto& config = options.rml2016a;
    config.labels = options.labels;
    config.seed = options.seed;
    config.threads = options.threads;
    return make_rml2016a(config, options.out);
}

void run(Options& options)
{
    if (options.show) {
        std::fputs(synth::shipped_recipe(options.recipe).c_str(), stdout);
        return;
    }
    check_out(options.out);
    const auto summary = options.recipe == "rml2016a" ? make_rml2016a_frames(options) : make_frames(options);
    std::printf("%s\n", summary.dump().c_str());
    cli::write_json(summary, options.json);
}

} // namespace

void add_synth(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("synth", "make labeled frames; 'synth scene': a wideband capture");
    command
        ->add_option(
            "--recipe", options->recipe,
            "onair: what an antenna sees; rml2016a: RadioML 2016.10a again; or a recipe of your own, FILE.json")
        ->type_name("NAME|FILE")
        ->capture_default_str();
    command->add_option("--out", options->out, "FILE.h5, FILE.safetensors or (rml2016a) FILE.pkl")
        ->type_name(cli::kOutput);
    cli::add_list(*command, "--labels", options->labels, "classes, comma-separated (default: all)");
    command->add_option("--seed", options->seed, "random seed")->capture_default_str();
    command->add_option("--threads", options->threads, "0: all cores; the result does not depend on it")
        ->capture_default_str()
        ->check(CLI::Range(0, 256));
    cli::add_json(*command, options->json, "also write the summary to this file");
    const CLI::App* scene = add_synth_scene(*command);

    command->option_defaults()->group(kOnairHeading);
    command->add_flag("--show-recipe", options->show, "print the shipped recipe, to be copied and edited, and end");
    auto& frames = options->frames;
    command
        ->add_option("--frames-per-class", options->frames_per_class,
                     "frames of each class, times its weight in the recipe")
        ->capture_default_str()
        ->check(CLI::Range(1, 10000000));
    command->add_option("--snr-low", frames.snr_low_db,
                        "lowest SNR, in the signal's band [dB] (default: the recipe's)");
    command->add_option("--snr-high", frames.snr_high_db, "highest SNR [dB] (default: the recipe's)");
    command
        ->add_option("--frames-per-reception", frames.frames_per_reception,
                     "frames of one group that one reception gives at most")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    add_front_end_options(*command, frames.front_end);

    command->option_defaults()->group(kRml2016aHeading);
    add_rml2016a_options(*command, options->rml2016a);
    command->callback([command, options, scene] {
        if (scene->parsed())
            return;
        refuse_options_of_others(*command, options->recipe);
        run(*options);
    });
}

} // namespace prunedamr::tool
