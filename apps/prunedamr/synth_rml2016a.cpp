// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/synth_rml2016a.h"

#include "apps/common/cli.h"

#include "prunedamr/base/file.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/formats/rml2016.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace prunedamr::tool {

void add_rml2016a_options(CLI::App& command, synth::Rml2016aConfig& config)
{
    command.add_option("--frames-per-cell", config.frames_per_cell, "frames of each class and SNR label")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000));
    command
        .add_option("--fading", config.fading,
                    "rml: the original's one path; modern: that of GNU Radio 3.10; random: new in each chain; none")
        ->capture_default_str()
        ->check(CLI::IsMember({ "rml", "modern", "random", "none" }));
    command.add_option("--audio", config.audio,
                       "message of the analogue classes: raw 16-bit mono at 44.1 kHz (default: built-in speech)")
        ->type_name(cli::kInput);
    command.add_flag("--fix-ssb", config.fix_ssb,
                     "AM-SSB is a sideband of speech, not the original's empty channel");
    command.add_flag("--true-snr", config.true_snr,
                     "labels are the SNR in dB, not half of it without regard to power");
    command.add_flag("--normalize", config.normalize, "frames of mean power 1, not of sum |x| = 1");
}

nlohmann::json make_rml2016a(const synth::Rml2016aConfig& config, const std::string& out)
{
    const bool pickle = std::filesystem::path(out).extension() == ".pkl";
    if (pickle)
        check_writable(out);
    else
        dataset::check_dataset_path(out);
    const auto dataset = synth::rml2016a_dataset(config);
    if (pickle)
        formats::write_rml2016_pickle(dataset, out);
    else
        dataset::write_dataset(dataset, out);
    return { { "out", out },
             { "frames", dataset.size() },
             { "classes", dataset.class_names },
             { "front_end", to_json(dataset.front_end) } };
}

} // namespace prunedamr::tool
