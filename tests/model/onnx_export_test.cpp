// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of an exported file, read back field by field. Field numbers are those of onnx.proto (ONNX 1.8).
#include "prunedamr/onnx/onnx_export.h"

#include "prunedamr/base/file.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/onnx/onnx_model.h"

#include "tests/graph/networks.h"
#include "tests/model/model_bytes.h"
#include "tests/model/models.h"
#include "tests/model/onnx_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

namespace prunedamr::model {
namespace {

using namespace graph;

namespace fs = std::filesystem;

std::map<std::string, WireMessage> initializers_of(const WireMessage& graph)
{
    std::map<std::string, WireMessage> tensors;
    for (const WireMessage& tensor : graph.all(5))
        EXPECT_TRUE(tensors.emplace(tensor.text(8), tensor).second) << tensor.text(8);
    return tensors;
}

/// "frames: batch, 2, 21"
std::string port_text(const WireMessage& value_info)
{
    std::string text = value_info.text(1) + ":";
    const WireMessage tensor = value_info.inner(2).inner(1);
    EXPECT_EQ(tensor.integers.at(1).at(0), 1u); // float
    for (const WireMessage& extent : tensor.inner(2).all(1))
        text += " " + (extent.bytes.count(2) ? extent.text(2) : std::to_string(extent.integers.at(1).at(0)));
    return text;
}

TEST(Wire, EncodesAsTheFormatsOwnExamples)
{
    // protobuf.dev/programming-guides/encoding: field 1 = 150, field 2 = "testing", field 3 = an inner message.
    EXPECT_EQ(onnx::Wire().integer(1, 150).str(), "\x08\x96\x01");
    EXPECT_EQ(onnx::Wire().bytes(2, "testing").str(), "\x12\x07testing");
    EXPECT_EQ(onnx::Wire().message(3, onnx::Wire().integer(1, 150)).str(), "\x1a\x03\x08\x96\x01");
    EXPECT_EQ(onnx::Wire().integer(1, -2).str(), std::string("\x08\xfe") + std::string(8, '\xff') + "\x01");
    EXPECT_EQ(onnx::Wire().real(2, 1.0F).str(), std::string("\x15\x00\x00\x80\x3f", 5));
    EXPECT_EQ(onnx::Wire().bytes(20, std::string(300, 'x')).str().substr(0, 4), "\xa2\x01\xac\x02");
}

TEST(OnnxExport, HeadPortsAndMetadata)
{
    Model exported = model_of(complex_net());
    exported.info.name = "complex";
    exported.info.decision.temperature = 1.5;
    const ModelInfo& info = exported.info;
    const WireMessage model(to_onnx(exported));
    EXPECT_EQ(model.integers.at(1).at(0), 7u);           // ir_version
    EXPECT_EQ(model.inner(8).text(1), "");               // the standard operators
    EXPECT_EQ(model.inner(8).integers.at(2).at(0), 13u); // opset
    const WireMessage graph = model.inner(7);
    EXPECT_EQ(graph.text(2), info.name);
    EXPECT_EQ(port_text(graph.inner(11)), "frames: batch 2 21");
    EXPECT_EQ(port_text(graph.inner(12)), "logits: batch 3");
    std::map<std::string, nlohmann::json> metadata;
    for (const WireMessage& entry : model.all(14))
        metadata[entry.text(1)] = nlohmann::json::parse(entry.text(2));
    EXPECT_EQ(metadata.at("labels"), info.labels);
    EXPECT_EQ(metadata.at("families"), info.families);
    EXPECT_EQ(metadata.at("front_end"), prunedamr::to_json(info.front_end));
    EXPECT_EQ(metadata.at("decision").at("temperature"), 1.5);
}

TEST(OnnxExport, InitializersAreTheTensors)
{
    for (const Network& network : { residual_net(), shuffle_net(), depthwise_net() }) {
        const auto initializers = initializers_of(WireMessage(to_onnx(model_of(network))).inner(7));
        for (const auto& [name, tensor] : network.tensors) {
            ASSERT_TRUE(initializers.count(name)) << name;
            const WireMessage& found = initializers.at(name);
            EXPECT_EQ(found.integers.at(2).at(0), 1u); // float
            EXPECT_TRUE(std::equal(tensor.shape.begin(), tensor.shape.end(), found.integers.at(1).begin(),
                                   found.integers.at(1).end()))
                << name;
            const std::string bytes = found.text(9);
            ASSERT_EQ(bytes.size(), tensor.data.size() * sizeof(float)) << name;
            EXPECT_EQ(std::memcmp(bytes.data(), tensor.data.data(), bytes.size()), 0) << name;
        }
    }
}

TEST(OnnxExport, EveryValueIsWrittenOnceAndBeforeItIsRead)
{
    std::vector<Network> networks = all_nets();
    for (const Architecture& architecture : architectures())
        networks.push_back(make_network(zoo_config(architecture.name, 32, 3)));
    for (const Network& network : networks) {
        const WireMessage graph = WireMessage(to_onnx(model_of(network))).inner(7);
        std::set<std::string> known = { "frames" }, read;
        for (const auto& [name, tensor] : initializers_of(graph))
            EXPECT_TRUE(known.insert(name).second) << name;
        for (const WireMessage& node : graph.all(1)) {
            for (const std::string& input : node.bytes.at(1)) {
                if (input.empty()) // an optional input that is left out
                    continue;
                EXPECT_TRUE(known.count(input)) << name_of(network) << ": " << node.text(3) << " reads " << input;
                read.insert(input);
            }
            for (const std::string& output : node.bytes.at(2))
                EXPECT_TRUE(known.insert(output).second) << name_of(network) << ": " << output;
        }
        read.insert("logits");
        EXPECT_EQ(read, known) << name_of(network); // nothing is left over
    }
}

TEST(OnnxExport, AValueThatTwoReadAsAVectorIsFlattenedOnce)
{
    Network network = tiny_net();
    NetworkBuilder build(network);
    network.nodes.pop_back(); // the classifier; "p" is the mean
    const auto dropped = build.dropout("drop", "p", 0.5);
    const auto a = build.linear("a", dropped, 2), b = build.linear("a.flat", "p", 2);
    build.plain(Op::add, "sum", { a, b });
    network.tensors.erase("fc.weight");
    network.tensors.erase("fc.bias");
    initialize(network, 1);
    const WireMessage graph = WireMessage(to_onnx(model_of(network))).inner(7);
    std::map<std::string, int> made;
    for (const WireMessage& node : graph.all(1))
        ++made[node.text(2)];
    for (const auto& [name, count] : made)
        EXPECT_EQ(count, 1) << name;
    EXPECT_EQ(made.count("/p:flat"), 1u);
}

TEST(OnnxExport, NodesMayBeNamedAsThePorts)
{
    Network network = concat_net();
    for (Node& node : network.nodes) {
        if (node.name == "image")
            node.name = "logits";
        if (node.name == "pool")
            node.name = "frames";
        for (std::string& input : node.inputs)
            input = input == "image" ? "logits" : input == "pool" ? "frames" : input;
    }
    const WireMessage graph = WireMessage(to_onnx(model_of(network))).inner(7);
    EXPECT_EQ(graph.all(1).front().text(1), "frames");
    EXPECT_EQ(graph.all(1).back().text(2), "logits");
}

TEST(OnnxExport, RefusesWhatItCannotWriteAndLeavesNothing)
{
    const fs::path path = temporary_path(".onnx");
    const Model good = model_of(concat_net());
    Model model = good;
    model.info.labels[0] = "\xff\xfe";
    EXPECT_ERROR(export_onnx(model, path), "model holds text that is not UTF-8");
    model = good;
    model.info.name = "\xc3";
    EXPECT_ERROR(export_onnx(model, path), "model holds text that is not UTF-8");
    model = good;
    model.network.tensors.erase("fc.bias");
    EXPECT_ERROR(export_onnx(model, path), "node 'fc': missing tensor 'fc.bias'");
    EXPECT_FALSE(fs::exists(path));
    EXPECT_ERROR(export_onnx(good, "/no/such/folder/x.onnx"), "/no/such/folder");
    export_onnx(good, path);
    EXPECT_EQ(read_file(path), to_onnx(good));
    fs::remove(path);
}

} // namespace
} // namespace prunedamr::model
