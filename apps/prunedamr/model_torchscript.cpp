// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/file.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/nn/torchscript.h"

#include <cstdio>
#include <filesystem>
#include <memory>

namespace prunedamr::tool {
namespace {

void export_torchscript(const std::string& file, const std::string& out)
{
    const std::string info = std::filesystem::path(out).replace_extension(".json");
    check_writable(info);
    const auto model = model::load_model(model::find_model(file));
    nn::save_torchscript(model.network, out);
    model::save_model_info(model.info, info);
    std::printf("%s: frames [batch, 2, %lld] -> logits [batch, %lld]; labels and front end in %s\n", out.c_str(),
                static_cast<long long>(model.network.length), static_cast<long long>(model.network.classes()),
                info.c_str());
}

} // namespace

void add_model_torchscript(CLI::App& model)
{
    auto file = std::make_shared<std::string>();
    auto out = std::make_shared<std::string>();
    auto* command = model.add_subcommand("export-torchscript",
                                         "write a model as TorchScript, with its labels as JSON beside it");
    command->add_option("file", *file, "model file or name")->type_name(cli::kModel)->required();
    command->add_option("--out", *out, "FILE.pt to write; FILE.json is written too")
        ->type_name(cli::kOutput)
        ->required()
        ->check([](const std::string& name) {
            return std::filesystem::path(name).extension() == ".pt" ? std::string() : name + ": must end in .pt";
        });
    command->callback([file, out] { export_torchscript(*file, *out); });
}

} // namespace prunedamr::tool
