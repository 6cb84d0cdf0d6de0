// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "data_verbs.h"

#include "prunedamr/data/dataset.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::workshop {
namespace {

struct Options {
    std::string file;
    std::string json;
};

void run(const Options& options)
{
    const auto dataset = data::read_dataset(options.file);
    const nlohmann::json summary = { { "file", options.file },
                                     { "frames", dataset.size() },
                                     { "classes", dataset.class_names },
                                     { "front_end", to_json(dataset.front_end) },
                                     { "provenance", dataset.provenance } };
    std::printf("%s\n", summary.dump(2).c_str());
    cli::write_json(summary, options.json);
}

} // namespace

void add_data_info(CLI::App& data)
{
    auto options = std::make_shared<Options>();
    auto* verb = data.add_subcommand("info", "what a file holds");
    verb->add_option("file", options->file, "a data set")->required();
    cli::add_json(*verb, options->json, "also write it to this file");
    verb->callback([options] { run(*options); });
}

} // namespace prunedamr::workshop
