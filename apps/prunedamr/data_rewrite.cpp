// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/data_flow.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/dataset/transforms.h"
#include "prunedamr/formats/open_frame_source.h"

#include <memory>

namespace prunedamr::tool {
namespace {

struct Options {
    std::vector<std::string> files;
    DataOutput output;
};

void run(const Options& options)
{
    dataset::check_dataset_path(options.output.options.path);
    std::vector<dataset::NamedSource> sources;
    for (const auto& file : options.files)
        sources.push_back({ file, formats::open_frame_source(file) });
    cli::write_json(write_frames(*dataset::concat(std::move(sources)), options.output), options.output.json);
}

} // namespace

void add_data_split(CLI::App& data)
{
    auto options = std::make_shared<Options>();
    auto* command = data.add_subcommand("split", "divide a data set into new parts: train, validation and test");
    command->add_option("file", options->files, "a data set")->type_name(cli::kInput)->required()->expected(1);
    add_output_options(*command, options->output);
    options->output.options.new_split = true;
    command->callback([options] { run(*options); });
}

void add_data_merge(CLI::App& data)
{
    auto options = std::make_shared<Options>();
    auto* command =
        data.add_subcommand("merge", "join data sets of one front end; classes by name, groups stay apart");
    command->add_option("files", options->files, "two data sets or more")->type_name(cli::kInput)->required()->expected(2, -1);
    add_output_options(*command, options->output);
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
