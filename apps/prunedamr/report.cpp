// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/report_deployment.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/report/run_page.h"

#include <cstdio>
#include <filesystem>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options {
    std::vector<std::string> files;
    std::string out;
    std::string title = "Runs";
    std::string deployment, json;
};

void run(const Options& options)
{
    if (std::filesystem::path(options.out).extension() != ".html")
        throw Error({ "unknown extension", options.out, "", "NAME.html" });
    if (!options.deployment.empty())
        return report_deployment(options.deployment, options.out, options.json);
    const auto runs = report::read_runs(options.files);
    const std::string page = report::run_page(options.title, runs);
    write_text_atomically(options.out, page);
    std::printf("%s: %zu runs, %zu bytes\n", options.out.c_str(), runs.size(), page.size());
}

} // namespace

void add_report(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command =
        app.add_subcommand("report", "compare runs on one HTML page, or models by what they cost where they are to work");
    auto* files = command->add_option("files", options->files, "what train, compress, eval and bench wrote with --json: table, curves, matrices, Pareto fronts")
                      ->type_name(cli::kInput);
    auto* deployment = command->add_option("--deployment", options->deployment, "plan of a deployment (JSON): its models are measured and weighed instead")
                           ->type_name(cli::kInput)
                           ->excludes(files);
    cli::add_json(*command, options->json, "with --deployment: write all numbers to this file")->needs(deployment);
    command->add_option("--out", options->out, "the page, FILE.html")->type_name(cli::kOutput)->required();
    command->add_option("--title", options->title, "of the page")->type_name("TITLE")->capture_default_str()->excludes(deployment);
    command->callback([options] {
        if (options->files.empty() == options->deployment.empty())
            throw CLI::RequiredError("files, or --deployment FILE");
        run(*options);
    });
}

} // namespace prunedamr::tool
