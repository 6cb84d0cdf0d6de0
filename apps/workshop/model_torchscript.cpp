// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/workshop/model_verbs.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/model_search.h"
#include "prunedamr/graph/receiver_facts.h"
#include "prunedamr/nn/torchscript.h"

#include <cstdio>
#include <filesystem>
#include <memory>

namespace prunedamr::workshop {
namespace {

void export_torchscript(const std::string& file, const std::string& out)
{
    const std::string facts = std::filesystem::path(out).replace_extension(".json");
    check_writable(out);
    check_writable(facts);
    const auto network = graph::load_model(graph::find_model(file));
    nn::save_torchscript(network, out);
    write_text_atomically(facts, graph::facts_to_json(network).dump(1) + "\n");
    std::printf("%s: frames [batch, 2, %lld] -> logits [batch, %lld]; labels and front end in %s\n", out.c_str(),
                static_cast<long long>(network.length()), static_cast<long long>(network.classes()), facts.c_str());
}

} // namespace

void add_model_torchscript(CLI::App& model)
{
    auto file = std::make_shared<std::string>();
    auto out = std::make_shared<std::string>();
    auto* verb = model.add_subcommand("export-torchscript",
                                      "write a model as TorchScript, with its labels as JSON beside it");
    verb->add_option("file", *file, "model file or name")->required();
    verb->add_option("--out", *out, "FILE.pt to write; FILE.json is written too")
        ->required()
        ->check([](const std::string& name) {
            return std::filesystem::path(name).extension() == ".pt" ? std::string() : name + ": must end in .pt";
        });
    verb->callback([file, out] { export_torchscript(*file, *out); });
}

} // namespace prunedamr::workshop
