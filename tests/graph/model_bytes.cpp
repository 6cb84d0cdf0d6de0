// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/graph/model_bytes.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/network_builder.h"

#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace prunedamr::graph {

Network tiny_net()
{
    Network network;
    network.name = "tiny";
    network.front_end.frame_length = network.front_end.block_length = 16;
    network.labels = { "BPSK", "OOK" };
    network.families = { "PSK", "ASK" };
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "in", {});
    build.begin_unit("u", 0, false, false);
    x = build.conv("c", x, { 3, same_window(1, 3, 1, 2) });
    x = build.plain(Op::batch_norm, "b", { x });
    x = build.plain(Op::relu, "r", { x });
    build.end_unit();
    x = build.plain(Op::global_avg_pool, "p", { x });
    build.linear("fc", x, 2);
    initialise(network, 4);
    randomise(network, 5);
    return network;
}

std::string temporary_path(const std::string& extension)
{
    static int count = 0;
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test->test_suite_name()) + "_" + test->name();
    std::replace(name.begin(), name.end(), '/', '_'); // parameterised tests
    return ::testing::TempDir() + "prunedamr_" + name + "_" + std::to_string(getpid()) + "_" +
           std::to_string(count++) + extension;
}

ModelBytes::ModelBytes(const Network& network)
{
    const std::string path = temporary_path();
    save_model(network, path);
    const std::string bytes = read_file(path);
    std::filesystem::remove(path);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    header = nlohmann::json::parse(bytes.substr(8, length));
    data = bytes.substr(8 + length);
}

ModelBytes& ModelBytes::edit_graph(const std::function<void(nlohmann::json&)>& edit)
{
    auto graph = nlohmann::json::parse(header["__metadata__"]["prunedamr"].get<std::string>());
    edit(graph);
    return set_graph_text(graph.dump());
}

ModelBytes& ModelBytes::set_graph_text(const std::string& text)
{
    header["__metadata__"]["prunedamr"] = text;
    return *this;
}

ModelBytes& ModelBytes::poke(const std::string& tensor, std::size_t index, float value)
{
    const auto start = header.at(tensor).at("data_offsets").at(0).get<std::size_t>();
    std::memcpy(&data.at(start + index * sizeof value), &value, sizeof value);
    return *this;
}

std::string ModelBytes::bytes() const
{
    const std::string text = header.dump();
    return container(text, data, text.size());
}

std::string container(const std::string& header, const std::string& data, std::uint64_t declared_length)
{
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &declared_length, sizeof declared_length);
    return bytes + header + data;
}

Network load_bytes(const std::string& bytes)
{
    const std::string path = temporary_path();
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    try {
        Network network = load_model(path);
        std::filesystem::remove(path);
        return network;
    } catch (...) {
        std::filesystem::remove(path);
        throw;
    }
}

} // namespace prunedamr::graph
