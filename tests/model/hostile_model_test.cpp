// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/graph/reference.h"

#include "tests/model/model_bytes.h"
#include "tests/model/models.h"
#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

namespace prunedamr::model {
namespace {

using namespace graph;

using Edit = std::function<void(nlohmann::json&)>;

std::string edited(const Edit& edit)
{
    return ModelBytes(tiny_model()).edit_graph(edit).bytes();
}

/// A damaged file must be refused, or be a model that computes what the undamaged one does.
void expect_refused_or_equal(const std::string& bytes, const Model& original, const std::string& what)
{
    try {
        const Model loaded = load_bytes(bytes);
        const Network &before = original.network, &after = loaded.network;
        ASSERT_EQ(after.length, before.length) << what;
        ASSERT_EQ(after.classes(), before.classes()) << what;
        const auto frames = noise_frames(before, 2, 3);
        EXPECT_LT(relative_error(run_reference(before, frames), run_reference(after, frames)), 1e-2) << what;
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
}

TEST(HostileModel, TruncationAnywhereIsRefused)
{
    const std::string bytes = ModelBytes(tiny_model()).bytes();
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    std::vector<std::size_t> lengths = {
        0, 1, 7, 8, 9, 8 + header - 1, 8 + header, 8 + header + 1, bytes.size() - 1
    };
    Rng rng(1);
    for (int i = 0; i < 300; ++i)
        lengths.push_back(static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(bytes.size()) - 1)));
    for (const std::size_t length : lengths)
        EXPECT_THROW(load_bytes(bytes.substr(0, length)), Error) << length << " of " << bytes.size();
    EXPECT_ERROR(load_bytes(bytes + "x"), "data section has the wrong size");
}

TEST(HostileModel, AnyByteFlippedIsRefusedOrHarmless)
{
    const Model original = tiny_model();
    const std::string bytes = ModelBytes(original).bytes();
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (const int flip : { 0x01, 0x10, 0xff }) {
            std::string damaged = bytes;
            damaged[i] = static_cast<char>(damaged[i] ^ flip);
            expect_refused_or_equal(damaged, original, "byte " + std::to_string(i) + " ^ " + std::to_string(flip));
        }
}

TEST(HostileModel, AbsurdLengthsAreRefused)
{
    const std::string data(64, '\0');
    for (const std::uint64_t length : { std::uint64_t{ 1 } << 63, ~std::uint64_t{ 0 }, std::uint64_t{ 1 } << 32 })
        EXPECT_ERROR(load_bytes(container("{}", data, length)), "header is longer than the file");
    const auto with_shape = [&](const std::string& shape, const std::string& offsets) {
        const std::string header =
            R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
        return container(header, data, header.size());
    };
    EXPECT_ERROR(load_bytes(with_shape("[4294967296,4294967296]", "[0,64]")), "tensor 'a': shape is larger");
    EXPECT_ERROR(load_bytes(with_shape("[9223372036854775807,4]", "[0,64]")), "tensor 'a': shape is larger");
    EXPECT_ERROR(load_bytes(with_shape("[-4,-4]", "[0,64]")), "negative extent");
    EXPECT_ERROR(load_bytes(with_shape("[16]", "[64,0]")), "outside the file");
    EXPECT_ERROR(load_bytes(with_shape("[16]", "[-64,0]")), "malformed data_offsets");
    EXPECT_ERROR(load_bytes(with_shape("[16]", "[0,18446744073709551615]")), "outside the file");
}

TEST(HostileModel, DeepNestingIsRefused)
{
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    ModelBytes model(tiny_model());
    EXPECT_ERROR(load_bytes(model.set_graph_text(R"({"format":1,"provenance":)" + deep + "}").bytes()),
                 "nested too deeply");
    EXPECT_ERROR(load_bytes(model.set_graph_text(std::string(200'000, '[')).bytes()), "nested too deeply");
    const std::string header = R"({"a":{"dtype":"F32","shape":[],"data_offsets":)" + deep + "}}";
    EXPECT_ERROR(load_bytes(container(header, "", header.size())), "header is nested too deeply");
}

TEST(HostileModel, BrokenGraphsAreRefusedByNode)
{
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["nodes"][2]["name"] = "u.c"; })),
                 "node 'u.c': batch_norm: name");
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["nodes"][1]["inputs"] = { "u.r" }; })),
                 "node 'u.c': conv: input is not an earlier node: found 'u.r'");
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["nodes"][1]["inputs"] = { "u.c" }; })), "not an earlier node");
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["nodes"][3]["op"] = "exec"; })),
                 "node 'u.r': unknown operation: found 'exec'");
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["nodes"][3]["slope"] = 1; })), "unknown key: found 'slope'");
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["extra"] = 1; })), "unknown key: found 'extra'");
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["nodes"][1] = 3; })), "not a JSON object: found 3");
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["units"][0]["nodes"] = { "ghost" }; })),
                 "unknown node: found 'ghost'");
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["labels"] = { "one" }; })),
                 "'golden.logits': wrong shape: found [2], expected [1]");
    EXPECT_ERROR(load_bytes(edited([](auto& g) { g["decision"]["temperature"] = 0; })), "bad decision temperature");
}

TEST(HostileModel, AttributesAreBoundedBeforeTheyAreUsed)
{
    const auto conv = [](const char* key, const nlohmann::json& value) {
        return edited([&](auto& g) { g["nodes"][1][key] = value; });
    };
    for (const nlohmann::json& pair : { nlohmann::json{ 1, 0 }, { 1, -3 }, { 1, 2'000'000'000 } }) {
        EXPECT_ERROR(load_bytes(conv("kernel", pair)), "node 'u.c': conv: bad kernel width");
        EXPECT_ERROR(load_bytes(conv("stride", pair)), "node 'u.c': conv: bad stride width");
    }
    EXPECT_ERROR(load_bytes(conv("padding", { 0, -1 })), "bad padding width");
    EXPECT_ERROR(load_bytes(conv("padding", { 0, 9'000'000'000 })), "bad value of 'padding'");
    EXPECT_ERROR(load_bytes(conv("kernel", { 1, 2.5 })), "bad value of 'kernel'");
    for (const std::int64_t count : { std::int64_t{ 0 }, std::int64_t{ -1 }, std::int64_t{ 1 } << 50 })
        EXPECT_ERROR(load_bytes(conv("out_channels", count)), "conv: bad out_channels: found");
    EXPECT_ERROR(load_bytes(conv("groups", 0)), "conv: bad groups: found 0");
    EXPECT_ERROR(load_bytes(conv("groups", 2)), "groups do not divide the channels");
    EXPECT_ERROR(load_bytes(conv("out_channels", 65536)), "wrong shape: found [2,3], expected [2,65536]");
    for (const std::int64_t length : { std::int64_t{ 0 }, std::int64_t{ -5 }, std::int64_t{ 1 } << 40 })
        EXPECT_ERROR(load_bytes(edited([&](auto& g) { g["front_end"]["frame_length"] = length; })), "front end");
}

TEST(HostileModel, TensorsMustBeThoseThatTheGraphNames)
{
    ModelBytes missing(tiny_model());
    missing.header["other"] = missing.header["fc.bias"];
    missing.header.erase("fc.bias");
    EXPECT_ERROR(load_bytes(missing.bytes()), "missing tensor 'fc.bias'");
    ModelBytes stray(tiny_model());
    stray.header["z"] = { { "dtype", "F32" },
                          { "shape", { 1 } },
                          { "data_offsets", { stray.data.size(), stray.data.size() + 4 } } };
    stray.data += std::string(4, '\0');
    EXPECT_ERROR(load_bytes(stray.bytes()), "tensor 'z': stray tensor");
    ModelBytes shape(tiny_model());
    shape.header["fc.weight"]["shape"] = { 3, 2 };
    EXPECT_ERROR(load_bytes(shape.bytes()), "tensor 'fc.weight': wrong shape: found [3,2], expected [2,3]");
    ModelBytes dtype(tiny_model());
    dtype.header["fc.weight"]["dtype"] = "I32";
    EXPECT_ERROR(load_bytes(dtype.bytes()), "tensor 'fc.weight' has the wrong type");
}

/// A long frame through `body`, which makes nodes without weights, with a golden vector that is never reached.
std::string without_weights(const std::function<std::string(NetworkBuilder&, std::string)>& body)
{
    Network network = tiny_net();
    network.nodes.clear();
    network.units.clear();
    network.tensors.clear();
    network.length = 65536;
    NetworkBuilder build(network);
    const auto x = body(build, build.plain(Op::input, "in", {}));
    build.linear("fc", build.plain(Op::global_avg_pool, "p", { x }), 2);
    initialize(network, 1);
    Model model = model_of(network);
    model.golden = { std::vector<float>(2 * 65536), { 0.0F, 1.0F } };
    return ModelBytes(model).bytes();
}

TEST(HostileModel, WorkOfTheSelfCheckIsBounded)
{
    const auto pools = [](int count) {
        return [count](NetworkBuilder& build, std::string x) {
            for (int i = 0; i < count; ++i)
                x = build.pool(Op::max_pool, "x" + std::to_string(i), x, { 1, 1024, 1, 1, 0, 512 });
            return x;
        };
    };
    EXPECT_ERROR(load_bytes(without_weights(pools(200))), "operations per frame, expected at most 2000000000");
    EXPECT_ERROR(load_bytes(without_weights(pools(5000))), "bad number of nodes");
}

TEST(HostileModel, MemoryOfTheSelfCheckIsBounded)
{
    const auto doubled = [](int doublings, int copies) {
        return [=](NetworkBuilder& build, std::string x) {
            for (int i = 0; i < doublings; ++i)
                x = build.plain(Op::concat, "x" + std::to_string(i), { x, x });
            std::vector<std::string> all = { x };
            for (int i = 0; i < copies; ++i)
                all.push_back(build.plain(Op::relu, "y" + std::to_string(i), { x }));
            return build.plain(Op::add, "sum", all);
        };
    };
    EXPECT_ERROR(load_bytes(without_weights(doubled(9, 4))), "bytes of activations, expected at most 1073741824");
    EXPECT_ERROR(load_bytes(without_weights(doubled(12, 1))), "node 'x9': concat: bad output size");
}

} // namespace
} // namespace prunedamr::model
