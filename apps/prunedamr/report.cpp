// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
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
};

void run(const Options& options)
{
    if (std::filesystem::path(options.out).extension() != ".html")
        throw Error({ "unknown extension", options.out, "", "NAME.html" });
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
        app.add_subcommand("report", "compare runs on one HTML page: table, curves, matrices, Pareto fronts");
    command->add_option("files", options->files, "what train, compress, eval and bench wrote with --json")
        ->type_name(cli::kInput)
        ->required();
    command->add_option("--out", options->out, "the page, FILE.html")->type_name(cli::kOutput)->required();
    command->add_option("--title", options->title, "of the page")->type_name("TITLE")->capture_default_str();
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
