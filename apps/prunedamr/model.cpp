// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/file.h"
#include "prunedamr/base/text.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/graph/zoo.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_json.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/onnx/onnx_export.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options {
    std::string file;
    std::string arch;
    int length = 1024;
    int classes = static_cast<int>(model::modulations().size());
    std::vector<int> units;
    bool nodes = false;
    std::string json;
};

model::Model model_of(const Options& options)
{
    if (options.file.empty() == options.arch.empty())
        throw CLI::RequiredError("exactly one of FILE and --arch");
    if (!options.file.empty())
        return model::load_model(model::find_model(options.file));
    model::NewModel wanted;
    wanted.arch = options.arch;
    wanted.front_end.frame_length = options.length;
    wanted.units_per_stage = options.units;
    for (int i = 0; i < options.classes; ++i)
        wanted.labels.push_back("class" + std::to_string(i));
    return model::make_model(wanted);
}

void print_nodes(const graph::Network& network)
{
    std::printf("\n%-28s %-18s %12s %10s %12s\n", "node", "operation", "output", "params", "MACs");
    for (const auto& row : graph::cost_by_node(network))
        std::printf("%-28s %-18s %12s %10lld %12lld\n", row.node.c_str(), to_string(network.node(row.node).op),
                    to_string(row.output).c_str(), static_cast<long long>(row.cost.params),
                    static_cast<long long>(row.cost.macs));
}

/// A row per class in the order of the logits: {"label", "family", "definition"}.
nlohmann::json class_table(const model::ModelInfo& info)
{
    auto rows = nlohmann::json::array();
    for (std::size_t c = 0; c < info.labels.size(); ++c) {
        const model::Modulation* known = model::find_modulation(info.labels[c]);
        rows.push_back({ { "label", info.labels[c] },
                         { "family", info.families[c] },
                         { "definition", known ? known->definition : "" } });
    }
    return rows;
}

void show(const Options& options)
{
    const auto model = model_of(options);
    const auto& info = model.info;
    const auto& network = model.network;
    const auto accuracy = nlohmann::json::parse(info.accuracy);
    const auto cost = graph::cost(network);
    std::printf("%s: %lld params, %lld MACs, paper_flops %lld, %lld bytes\n", printable(info.name).c_str(),
                static_cast<long long>(cost.params), static_cast<long long>(cost.macs),
                static_cast<long long>(cost.paper_flops), static_cast<long long>(cost.bytes));
    std::printf("front end %s\n", to_json(info.front_end).dump().c_str());
    std::printf("decision %s\n", model::to_json(info.decision).dump().c_str());
    const auto classes = class_table(info);
    for (const auto& row : classes)
        std::printf("class %-12s %-8s %s\n", printable(row["label"].get<std::string>()).c_str(),
                    printable(row["family"].get<std::string>()).c_str(),
                    row["definition"].get<std::string>().c_str());
    std::printf("units");
    for (const auto& unit : network.units)
        std::printf(" %s", printable(unit.name).c_str());
    std::printf("\n");
    if (!network.quantized.empty())
        std::printf("%zu values in 8 bits\n", network.quantized.size());
    if (accuracy.contains("accuracy"))
        std::printf("test accuracy %.2f %%\n", 100 * accuracy["accuracy"].get<double>());
    if (options.nodes)
        print_nodes(network);

    auto report = graph::to_json(cost);
    report["name"] = info.name;
    report["classes"] = classes;
    report["decision"] = model::to_json(info.decision);
    report["quantized_values"] = network.quantized.size();
    report["front_end"] = to_json(info.front_end);
    report["accuracy"] = accuracy;
    report["provenance"] = nlohmann::json::parse(info.provenance);
    cli::write_json(report, options.json);
}

/// Loading replays the golden vector with the reference, the engine's constructor with the compiled plan.
void verify(const std::string& file)
{
    const auto model = model::load_model(model::find_model(file));
    const engine::Engine compiled(model);
    std::printf("%s: good (%s)\n", file.c_str(), compiled.description().c_str());
}

void export_onnx(const std::string& file, const std::string& out)
{
    const auto model = model::load_model(model::find_model(file));
    model::export_onnx(model, out);
    std::printf("%s: frames [batch, 2, %lld] -> logits [batch, %lld]\n", out.c_str(),
                static_cast<long long>(model.network.length), static_cast<long long>(model.network.classes()));
}

} // namespace

void add_model(CLI::App& app)
{
    auto* command = app.add_subcommand("model", "look at model files and architectures");
    command->require_subcommand(1);

    auto options = std::make_shared<Options>();
    auto* shown = command->add_subcommand("show", "parameters, MACs, labels, front end, accuracy");
    shown->add_option("file", options->file, "model file or name")->type_name(cli::kModel);
    std::vector<std::string> names;
    for (const auto& architecture : graph::architectures())
        names.push_back(architecture.name);
    shown->add_option("--arch", options->arch, "an untrained network of the zoo instead")
        ->check(CLI::IsMember(names));
    shown->add_option("--length", options->length, "with --arch: frame length")
        ->capture_default_str()
        ->check(CLI::Range(16, 65536));
    shown->add_option("--classes", options->classes, "with --arch: number of classes")
        ->capture_default_str()
        ->check(CLI::Range(2, 10000));
    cli::add_list(*shown, "--units", options->units, "with --arch: units per stage, comma-separated");
    shown->add_flag("--nodes", options->nodes, "also a line per node");
    cli::add_json(*shown, options->json, "write the numbers to this file");
    shown->callback([options] { show(*options); });

    auto file = std::make_shared<std::string>();
    auto* verified =
        command->add_subcommand("verify", "check a file, and that it computes here what it computed at home");
    verified->add_option("file", *file, "model file or name")->type_name(cli::kModel)->required();
    verified->callback([file] { verify(*file); });

    auto out = std::make_shared<std::string>();
    auto* exported = command->add_subcommand("export-onnx", "write a model for other runtimes (ONNX, opset 13)");
    exported->add_option("file", *file, "model file or name")->type_name(cli::kModel)->required();
    exported->add_option("--out", *out, "FILE.onnx to write")->type_name(cli::kOutput)->required();
    exported->callback([file, out] { export_onnx(*file, *out); });
    add_model_torchscript(*command);
    add_model_update(*command);
}

} // namespace prunedamr::tool
