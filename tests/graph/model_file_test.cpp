// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/model_file.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/graph/reference.h"

#include "tests/graph/model_bytes.h"
#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

namespace prunedamr::graph {
namespace {

TEST(ModelFile, EverythingComesBack)
{
    auto networks = all_nets();
    networks.push_back(tiny_net());
    for (Network& network : networks) {
        network.decision = { 1.7, 0.123456789012345 };
        network.provenance = { { "command", "train" }, { "seeds", { 1, 2 } } };
        network.accuracy = { { "overall", 0.61 } };
        network.labels[0] = "\u00e9tiquette \"0\"";
        const std::string path = temporary_path();
        save_model(network, path);
        const Network loaded = load_model(path);
        EXPECT_EQ(to_json(loaded), to_json(network));
        ASSERT_EQ(loaded.tensors.size(), network.tensors.size());
        for (const auto& [name, tensor] : network.tensors) {
            EXPECT_EQ(loaded.tensor(name).shape, tensor.shape);
            EXPECT_EQ(loaded.tensor(name).data, tensor.data);
        }
        EXPECT_FALSE(loaded.golden.input.empty());
        const std::string again = temporary_path();
        save_model(loaded, again);
        EXPECT_EQ(read_file(path), read_file(again));
        std::filesystem::remove(path);
        std::filesystem::remove(again);
    }
}

TEST(ModelFile, KeepsTheGoldenVectorThatANetworkBrings)
{
    Network network = tiny_net();
    make_golden(network, 77);
    const Network loaded = load_bytes(ModelBytes(network).bytes());
    EXPECT_EQ(loaded.golden.input, network.golden.input);
    EXPECT_EQ(loaded.golden.logits, network.golden.logits);
}

TEST(ModelFile, AnInvalidNetworkIsNotWritten)
{
    const std::string path = temporary_path();
    Network network = tiny_net();
    network.tensors.at("u.c.weight").data[1] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_ERROR(save_model(network, path), "node 'u.c': tensor 'u.c.weight' holds a value that is not finite");
    network = tiny_net();
    network.labels[1] = "\xff";
    EXPECT_ERROR(save_model(network, path), "not UTF-8");
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_ERROR(save_model(tiny_net(), "no/such/folder/m.safetensors"), "folder does not exist");
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
    ModelBytes model(tiny_net());
    EXPECT_ERROR(load_bytes(model.set_graph_text("{\"format\":1").bytes()), "graph description is not JSON");
    EXPECT_ERROR(load_bytes(model.set_graph_text("[1]").bytes()), "not a JSON object: found array");
    EXPECT_ERROR(load_bytes(model.set_graph_text("{\"format\":1}").bytes()), "missing key 'name'");
}

TEST(ModelFile, RefusesANewerFormatByNumber)
{
    for (const std::int64_t format : { 2, 1'000'000 })
        EXPECT_ERROR(load_bytes(ModelBytes(tiny_net()).edit_graph([&](auto& g) { g["format"] = format; }).bytes()),
                     "newer format: found format " + std::to_string(format) + ", expected at most format 1");
    EXPECT_ERROR(load_bytes(ModelBytes(tiny_net()).edit_graph([](auto& g) { g["format"] = 0; }).bytes()),
                 "bad format version");
    EXPECT_ERROR(load_bytes(ModelBytes(tiny_net()).edit_graph([](auto& g) { g.erase("format"); }).bytes()),
                 "missing key 'format'");
}

TEST(ModelFile, SelfCheckNamesErrorAndTolerance)
{
    const Network network = tiny_net();
    ModelBytes model(network);
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
        ModelBytes model(tiny_net());
        EXPECT_ERROR(load_bytes(model.poke("fc.weight", 0, bad).bytes()), "'fc.weight' holds a value that is not");
    }
    ModelBytes golden(tiny_net());
    EXPECT_ERROR(load_bytes(golden.poke("golden.logits", 1, NAN).bytes()), "golden vector holds a value");
    ModelBytes variance(tiny_net());
    EXPECT_ERROR(load_bytes(variance.poke("u.b.running_var", 0, -1.0F).bytes()), "negative running variance");
    // Finite weights whose logits overflow.
    ModelBytes huge(tiny_net());
    EXPECT_ERROR(load_bytes(huge.poke("u.b.weight", 0, 3e38F).poke("fc.weight", 0, 3e38F).bytes()), "self-check");
}

} // namespace
} // namespace prunedamr::graph
