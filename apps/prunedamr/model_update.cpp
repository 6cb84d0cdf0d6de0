// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/model/model_patch.h"
#include "prunedamr/model/model_search.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options {
    std::string base;
    std::string other; ///< the new model of diff, the update of patch
    std::string out;
    std::string json;
};

nlohmann::json to_json(const model::PatchSummary& summary, const std::string& out)
{
    return { { "out", out },
             { "patch_bytes", summary.patch_bytes },
             { "model_bytes", summary.model_bytes },
             { "coded",
               { { "same", summary.same },
                 { "sliced", summary.sliced },
                 { "changed", summary.changed },
                 { "whole", summary.whole } } } };
}

void diff(const Options& options)
{
    const auto summary =
        model::diff_models(model::find_model(options.base), model::find_model(options.other), options.out);
    std::printf(
        "%s: %zu bytes for a model of %zu (%.1f %%): %zu as in the base, %zu slices of it, %zu changed, %zu new\n",
        options.out.c_str(), summary.patch_bytes, summary.model_bytes,
        100.0 * static_cast<double>(summary.patch_bytes) / static_cast<double>(summary.model_bytes), summary.same,
        summary.sliced, summary.changed, summary.whole);
    cli::write_json(to_json(summary, options.out), options.json);
}

void patch(const Options& options)
{
    const auto summary = model::patch_model(model::find_model(options.base), options.other, options.out);
    std::printf("%s: %zu bytes, as the update of %zu promises\n", options.out.c_str(), summary.model_bytes,
                summary.patch_bytes);
    cli::write_json(to_json(summary, options.out), options.json);
}

} // namespace

void add_model_update(CLI::App& model)
{
    auto made = std::make_shared<Options>();
    auto* diff_command = model.add_subcommand("diff", "write what turns one model into another as a small update");
    diff_command->add_option("base", made->base, "model that is there already")->type_name(cli::kModel)->required();
    diff_command->add_option("new", made->other, "model that shall be there")->type_name(cli::kModel)->required();
    diff_command->add_option("--out", made->out, "update file to write")->type_name(cli::kOutput)->required();
    cli::add_json(*diff_command, made->json, "write the sizes to this file");
    diff_command->callback([made] { diff(*made); });

    auto used = std::make_shared<Options>();
    auto* patch_command = model.add_subcommand("patch", "make the new model from the base and an update");
    patch_command->add_option("base", used->base, "the model that the update was made for")
        ->type_name(cli::kModel)
        ->required();
    patch_command->add_option("update", used->other, "update file")->type_name(cli::kInput)->required();
    patch_command->add_option("--out", used->out, "model file to write, byte by byte the one of 'diff'")
        ->type_name(cli::kOutput)
        ->required();
    cli::add_json(*patch_command, used->json, "write the sizes to this file");
    patch_command->callback([used] { patch(*used); });
}

} // namespace prunedamr::tool
