// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model_file.h"

#include "prunedamr/base/file.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/model/model_json.h"

#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"
#include "tests/model/model_bytes.h"
#include "tests/model/models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

namespace prunedamr::model {
namespace {

using namespace graph;

TEST(ModelFile, EverythingComesBack)
{
    auto networks = all_nets();
    networks.push_back(tiny_net());
    for (const Network& network : networks) {
        Model model = model_of(network);
        model.info.decision = { 1.7, 0.123456789012345 };
        model.info.provenance = R"({"command":"train","seeds":[1,2]})";
        model.info.accuracy = R"({"overall":0.61})";
        model.info.labels[0] = "\u00e9tiquette \"0\"";
        const std::string path = temporary_path();
        save_model(model, path);
        const Model loaded = load_model(path);
        EXPECT_EQ(graph::to_json(loaded.network), graph::to_json(network));
        EXPECT_EQ(full_json(loaded.info), full_json(model.info));
        EXPECT_EQ(loaded.network.length, network.length);
        ASSERT_EQ(loaded.network.tensors.size(), network.tensors.size());
        for (const auto& [name, tensor] : network.tensors) {
            EXPECT_EQ(loaded.network.tensor(name).shape, tensor.shape);
            EXPECT_EQ(loaded.network.tensor(name).data, tensor.data);
        }
        EXPECT_FALSE(loaded.golden.input.empty());
        const std::string again = temporary_path();
        save_model(loaded, again);
        EXPECT_EQ(read_file(path), read_file(again));
        std::filesystem::remove(path);
        std::filesystem::remove(again);
    }
}

TEST(ModelFile, KeepsTheGoldenVectorThatAModelBrings)
{
    Model model = tiny_model();
    make_golden(model, 77);
    const Model loaded = load_bytes(ModelBytes(model).bytes());
    EXPECT_EQ(loaded.golden.input, model.golden.input);
    EXPECT_EQ(loaded.golden.logits, model.golden.logits);
}

TEST(ModelFile, AnInvalidNetworkIsNotWritten)
{
    const std::string path = temporary_path();
    Model model = tiny_model();
    model.network.tensors.at("u.c.weight").data[1] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_ERROR(save_model(model, path), "node 'u.c': tensor 'u.c.weight' holds a value that is not finite");
    model = tiny_model();
    model.info.labels[1] = "\xff";
    EXPECT_ERROR(save_model(model, path), "not UTF-8");
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_ERROR(save_model(tiny_model(), "no/such/folder/m.safetensors"), "folder does not exist");
}

TEST(ModelFile, RefusesWhatIsNoModelByName)
{
    const std::string missing = temporary_path();
    EXPECT_ERROR(load_model(missing), missing + ": cannot open");
    EXPECT_ERROR(load_model(::testing::TempDir()), "not a regular file");
    EXPECT_ERROR(load_bytes(""), "not a safetensors file: found 0 bytes");
    EXPECT_ERROR(load_bytes("This is a text file, and longer than its header.\n"),
                 "header is longer than the file");
    EXPECT_ERROR(load_bytes(container("{}", "", 2)), "not a model of this project");
    ModelBytes model(tiny_model());
    EXPECT_ERROR(load_bytes(model.set_graph_text("{\"format\":1").bytes()), "graph description is not JSON");
    EXPECT_ERROR(load_bytes(model.set_graph_text("[1]").bytes()), "not a JSON object: found array");
    EXPECT_ERROR(load_bytes(model.set_graph_text("{\"format\":1}").bytes()), "missing key 'name'");
}

TEST(ModelFile, RefusesANewerFormatByNumber)
{
    for (const std::int64_t format : { 2, 1'000'000 })
        EXPECT_ERROR(load_bytes(ModelBytes(tiny_model()).edit_graph([&](auto& g) { g["format"] = format; }).bytes()),
                     "newer format: found format " + std::to_string(format) + ", expected at most format 1");
    EXPECT_ERROR(load_bytes(ModelBytes(tiny_model()).edit_graph([](auto& g) { g["format"] = 0; }).bytes()),
                 "bad format version");
    EXPECT_ERROR(load_bytes(ModelBytes(tiny_model()).edit_graph([](auto& g) { g.erase("format"); }).bytes()),
                 "missing key 'format'");
}

TEST(ModelFile, SelfCheckNamesErrorAndTolerance)
{
    const Network network = tiny_net();
    ModelBytes model(tiny_model());
    EXPECT_ERROR(load_bytes(model.poke("u.c.weight", 4, 3.0F).bytes()),
                 "self-check failed: the model does not reproduce its golden vector: found relative error ");
    EXPECT_ERROR(load_bytes(model.bytes()), "expected at most 0.001");
    // A change far below the tolerance still starts.
    const float weight = network.tensor("u.c.weight").data[4];
    EXPECT_NO_THROW(load_bytes(model.poke("u.c.weight", 4, std::nextafter(weight, 9.0F)).bytes()));
}

TEST(ModelFile, RefusesWeightsThatAreNotFinite)
{
    for (const float bad : { std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity() }) {
        ModelBytes model(tiny_model());
        EXPECT_ERROR(load_bytes(model.poke("fc.weight", 0, bad).bytes()), "'fc.weight' holds a value that is not");
    }
    ModelBytes golden(tiny_model());
    EXPECT_ERROR(load_bytes(golden.poke("golden.logits", 1, NAN).bytes()), "golden vector holds a value");
    ModelBytes variance(tiny_model());
    EXPECT_ERROR(load_bytes(variance.poke("u.b.running_var", 0, -1.0F).bytes()), "negative running variance");
    // Finite weights whose logits overflow.
    ModelBytes huge(tiny_model());
    EXPECT_ERROR(load_bytes(huge.poke("u.b.weight", 0, 3e38F).poke("fc.weight", 0, 3e38F).bytes()), "self-check");
}

TEST(QuantizedModelFile, FormsComeBack)
{
    const Network network = quantized(depthwise_net(), 1, 0.7);
    const Model loaded = load_bytes(ModelBytes(model_of(network)).bytes());
    EXPECT_EQ(graph::to_json(loaded.network), graph::to_json(network));
    ASSERT_GT(loaded.network.quantized.size(), 3u);
    for (const auto& [name, form] : network.quantized) {
        EXPECT_EQ(loaded.network.quantized.at(name).scale, form.scale);
        EXPECT_EQ(loaded.network.quantized.at(name).zero_point, form.zero_point);
    }
    EXPECT_EQ(run_reference(network, loaded.golden.input), loaded.golden.logits);
    EXPECT_FALSE(graph::to_json(depthwise_net()).contains("quantized"));
}

TEST(QuantizedModelFile, FormsAreReadStrictly)
{
    const auto with = [](const nlohmann::json& forms) {
        return ModelBytes(model_of(fold_batch_norm(tiny_net()))).edit_graph([&](auto& g) { g["quantized"] = forms; }).bytes();
    };
    const auto one = [&](const nlohmann::json& form) { return with({ { "u.r", form } }); };
    EXPECT_ERROR(load_bytes(with(3)), "quantized: not a JSON object: found 3");
    EXPECT_ERROR(load_bytes(with({ { "ghost", { { "scale", 1 }, { "zero", 0 } } } })),
                 "node 'ghost': a value of an unknown node is quantized");
    EXPECT_ERROR(load_bytes(one({ { "scale", 1 } })), "quantized 'u.r': missing key 'zero'");
    EXPECT_ERROR(load_bytes(one({ { "scale", 1 }, { "zero", 0 }, { "bits", 4 } })), "unknown key: found 'bits'");
    EXPECT_ERROR(load_bytes(one({ { "scale", "1" }, { "zero", 0 } })), "bad value of 'scale': found \"1\"");
    EXPECT_ERROR(load_bytes(one({ { "scale", 1 }, { "zero", 0.5 } })), "bad value of 'zero'");
    for (const double scale : { 0.0, -1.0, 1e-40, 1e40, 1e300 })
        EXPECT_ERROR(load_bytes(one({ { "scale", scale }, { "zero", 0 } })),
                     "node 'u.r': bad scale of a quantized value");
    for (const int zero : { -1, 256 })
        EXPECT_ERROR(load_bytes(one({ { "scale", 1 }, { "zero", zero } })),
                     "node 'u.r': bad zero of a quantized value: found " + std::to_string(zero) +
                         ", expected 0..255");
}

} // namespace
} // namespace prunedamr::model
