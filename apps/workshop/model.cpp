// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/workshop/model_verbs.h"
#include "apps/workshop/verbs.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/modulation.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/model_search.h"
#include "prunedamr/graph/onnx_export.h"
#include "prunedamr/graph/receiver_facts.h"
#include "prunedamr/graph/zoo.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::workshop {
namespace {

struct Options {
    std::string file;
    std::string arch;
    int length = 1024;
    int classes = static_cast<int>(modulations().size());
    std::vector<int> units;
    bool nodes = false;
    std::string json;
};

graph::Network network_of(const Options& options)
{
    if (options.file.empty() == options.arch.empty())
        throw CLI::RequiredError("exactly one of FILE and --arch");
    if (!options.file.empty())
        return graph::load_model(graph::find_model(options.file));
    graph::ZooConfig zoo;
    zoo.arch = options.arch;
    zoo.front_end.frame_length = options.length;
    zoo.units_per_stage = options.units;
    for (int i = 0; i < options.classes; ++i)
        zoo.labels.push_back("class" + std::to_string(i));
    return graph::make_network(zoo);
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
nlohmann::json class_table(const graph::Network& network)
{
    auto rows = nlohmann::json::array();
    for (std::size_t c = 0; c < network.labels.size(); ++c) {
        const Modulation* known = find_modulation(network.labels[c]);
        rows.push_back({ { "label", network.labels[c] },
                         { "family", network.families[c] },
                         { "definition", known ? known->definition : "" } });
    }
    return rows;
}

void show(const Options& options)
{
    const auto network = network_of(options);
    const auto cost = graph::cost(network);
    std::printf("%s: %lld params, %lld MACs, paper_flops %lld, %lld bytes\n", network.name.c_str(),
                static_cast<long long>(cost.params), static_cast<long long>(cost.macs),
                static_cast<long long>(cost.paper_flops), static_cast<long long>(cost.bytes));
    std::printf("front end %s\n", to_json(network.front_end).dump().c_str());
    std::printf("decision %s\n", graph::to_json(network.decision).dump().c_str());
    const auto classes = class_table(network);
    for (const auto& row : classes)
        std::printf("class %-12s %-8s %s\n", row["label"].get<std::string>().c_str(),
                    row["family"].get<std::string>().c_str(), row["definition"].get<std::string>().c_str());
    std::printf("units");
    for (const auto& unit : network.units)
        std::printf(" %s", unit.name.c_str());
    std::printf("\n");
    if (!network.quantised.empty())
        std::printf("%zu values in 8 bits\n", network.quantised.size());
    if (network.accuracy.contains("accuracy"))
        std::printf("test accuracy %.2f %%\n", 100 * network.accuracy["accuracy"].get<double>());
    if (options.nodes)
        print_nodes(network);

    auto report = graph::to_json(cost);
    report["name"] = network.name;
    report["classes"] = classes;
    report["decision"] = graph::to_json(network.decision);
    report["quantised_values"] = network.quantised.size();
    report["front_end"] = to_json(network.front_end);
    report["accuracy"] = network.accuracy;
    report["provenance"] = network.provenance;
    cli::write_json(report, options.json);
}

/// Loading replays the golden vector with the reference, the engine's constructor with the compiled plan.
void verify(const std::string& file)
{
    const auto network = graph::load_model(graph::find_model(file));
    const engine::Engine compiled(network);
    std::printf("%s: good (%s)\n", file.c_str(), compiled.description().c_str());
}

void export_onnx(const std::string& file, const std::string& out)
{
    check_writable(out);
    const auto network = graph::load_model(graph::find_model(file));
    graph::export_onnx(network, out);
    std::printf("%s: frames [batch, 2, %lld] -> logits [batch, %lld]\n", out.c_str(),
                static_cast<long long>(network.length()), static_cast<long long>(network.classes()));
}

} // namespace

void add_model(CLI::App& app)
{
    auto* verb = app.add_subcommand("model", "look at model files and architectures");
    verb->require_subcommand(1);

    auto options = std::make_shared<Options>();
    auto* shown = verb->add_subcommand("show", "parameters, MACs, labels, front end, accuracy");
    shown->add_option("file", options->file, "model file or name");
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
        verb->add_subcommand("verify", "check a file, and that it computes here what it computed at home");
    verified->add_option("file", *file, "model file or name")->required();
    verified->callback([file] { verify(*file); });

    auto out = std::make_shared<std::string>();
    auto* exported = verb->add_subcommand("export-onnx", "write a model for other runtimes (ONNX, opset 13)");
    exported->add_option("file", *file, "model file or name")->required();
    exported->add_option("--out", *out, "FILE.onnx to write")->required();
    exported->callback([file, out] { export_onnx(*file, *out); });
    add_model_torchscript(*verb);
    add_model_update(*verb);
}

} // namespace prunedamr::workshop
