// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/data_flow.h"

#include "apps/common/cli.h"

#include <cstdio>

namespace prunedamr::tool {

void add_output_options(CLI::App& command, DataOutput& output)
{
    command.add_option("--out", output.options.path, "FILE.h5 or FILE.safetensors")->type_name(cli::kOutput)->required();
    command
        .add_option("--validation", output.options.validation,
                    "fraction of each class and SNR, by whole groups (default: the split that is there, else 0.1)")
        ->check(CLI::Range(0.0, 1.0));
    command.add_option("--test", output.options.test, "the same (default: the split that is there, else 0.2)")
        ->check(CLI::Range(0.0, 1.0));
    command.add_option("--seed", output.options.seed, "random seed")->capture_default_str();
    cli::add_json(command, output.json, "also write the summary to this file");
}

nlohmann::ordered_json write_frames(dataset::FrameSource& source, const DataOutput& output)
{
    dataset::WriteOptions options = output.options;
    options.command = cli::command_line();
    const auto summary = dataset::write_frames(source, options);
    std::printf("%s: %lld frames of %d samples, %s, %s\n", options.path.c_str(),
                static_cast<long long>(summary["frames"].get<std::int64_t>()),
                source.header().front_end.frame_length, summary["samples"].get<std::string>().c_str(),
                size_text(summary["bytes"].get<double>()).c_str());
    std::printf("  split:   %s (%s)\n", list_text(summary["split"]).c_str(),
                summary["split_kept"].get<bool>() ? "as it was" : "new");
    std::printf("  classes: %s\n", list_text(summary["frames_per_class"]).c_str());
    return summary;
}

std::string size_text(double bytes)
{
    char text[32];
    if (bytes >= 1e9)
        std::snprintf(text, sizeof text, "%.1f GB", bytes / 1e9);
    else if (bytes >= 1e6)
        std::snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
    else
        std::snprintf(text, sizeof text, "%.0f bytes", bytes);
    return text;
}

std::string list_text(const nlohmann::ordered_json& counts)
{
    std::string text;
    for (const auto& [name, count] : counts.items())
        text += (text.empty() ? "" : ", ") + name + " " + count.dump();
    return text;
}

} // namespace prunedamr::tool
