// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/capture_info.h"
#include "apps/prunedamr/front_end_options.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/dataset/capture_source.h"
#include "prunedamr/dataset/frame_source.h"
#include "prunedamr/formats/open_frame_source.h"
#include "prunedamr/report/frame_cells.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

namespace prunedamr::tool {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, dataset::Split> kParts = { { "train", dataset::Split::train },
                                                       { "validation", dataset::Split::validation },
                                                       { "test", dataset::Split::test } };

struct Options {
    std::vector<std::string> files;
    std::string out;
    std::string part = "all";
    report::CellChoice choice;
    report::SheetConfig sheet;
    dataset::CaptureOptions capture{ {}, {}, "unlabeled", cli::warn };
    std::string json;
};

bool is_html(const std::string& path)
{
    return fs::path(path).extension() == ".html";
}

void check(const Options& options)
{
    if (!is_html(options.out) && fs::path(options.out).extension() != ".svg")
        throw Error({ "unknown extension", options.out, fs::path(options.out).extension(), ".html or .svg" });
}

std::unique_ptr<dataset::FrameSource> open(const Options& options, const std::string& file)
{
    if (recording::is_recording(file) || options.capture.raw.format)
        return std::make_unique<dataset::CaptureSource>(std::vector<std::string>{ file }, options.capture);
    return formats::open_frame_source(file);
}

/// Adds the frames of one file; returns what it is.
std::string add_file(const Options& options, const std::string& file, report::FrameCells& cells)
{
    const auto source = open(options, file);
    const std::int64_t frames = cells.read(*source, fs::path(file).stem().string());
    const FrontEndSpec& spec = source->header().front_end;
    return std::to_string(frames) + " frames of " + std::to_string(spec.frame_length) + " samples, front end " +
           to_string(spec.kind);
}

void run(Options& options)
{
    check(options);
    if (options.part != "all")
        options.choice.part = kParts.at(options.part);
    report::FrameCells gathered(options.choice);
    auto& sheet = options.sheet;
    for (const auto& file : options.files)
        sheet.note = add_file(options, file, gathered);
    if (options.files.size() > 1)
        sheet.note = std::to_string(options.files.size()) + " files";
    const auto cells = std::move(gathered).chosen();
    if (sheet.title.empty())
        sheet.title = "Frames of " + fs::path(options.files[0]).filename().string() +
                      (options.files.size() > 1 ? " and others" : "");
    const std::string text = is_html(options.out) ? sheet_html(sheet, cells) : sheet_svg(sheet, cells);
    write_text_atomically(options.out, text);
    auto drawn = nlohmann::json::array();
    for (const auto& cell : cells)
        drawn.push_back({ { "label", cell.label },
                          { "snr_db", cell.snr_db },
                          { "source", cell.source },
                          { "frames", cell.frames } });
    const nlohmann::json summary = { { "out", options.out }, { "bytes", text.size() }, { "cells", drawn } };
    std::printf("%s: %zu cells, %zu bytes\n", options.out.c_str(), cells.size(), text.size());
    cli::write_json(summary, options.json);
}

} // namespace

void add_data_plot(CLI::App& data)
{
    auto options = std::make_shared<Options>();
    auto* command =
        data.add_subcommand("plot", "draw frames: constellation, spectrum, spectrogram, amplitude, phase");
    command->add_option("files", options->files, "data sets, and captures with labeled annotations")->type_name(cli::kInput)->required();
    command->add_option("--out", options->out, "the sheet, FILE.html or FILE.svg")->type_name(cli::kOutput)->required();
    auto& choice = options->choice;
    cli::add_list(*command, "--labels", choice.labels, "classes, comma-separated (default: all)");
    cli::add_list(*command, "--snr", choice.snr_db, "of each class the cells nearest to these [dB]")
        ->capture_default_str();
    command->add_option("--frames-per-cell", choice.examples, "examples drawn of each class and SNR")
        ->capture_default_str()
        ->check(CLI::Range(1, 100));
    command->add_option("--part", options->part, "part of the split")
        ->capture_default_str()
        ->check(CLI::IsMember({ "all", "train", "validation", "test" }));
    command->add_option("--columns", options->sheet.columns, "drawings side by side")
        ->capture_default_str()
        ->check(CLI::Range(1, 16));
    command->add_option("--title", options->sheet.title, "of the sheet (default: the file's name)")->type_name("TITLE");
    add_front_end_options(*command, options->capture.front_end);
    add_raw_options(*command, options->capture.raw);
    for (const char* name :
         { "--front-end", "--frame", "--block-length", "--occupied-fraction", "--format", "--rate" })
        command->get_option(name)->group("Captures");
    cli::add_json(*command, options->json, "also write which cells were drawn to this file");
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
