// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/model/model_bytes.h"

#include "prunedamr/base/file.h"
#include "prunedamr/model/model_file.h"

#include "tests/graph/networks.h"
#include "tests/model/models.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace prunedamr::model {

Model tiny_model()
{
    Model model = model_of(graph::tiny_net());
    model.info.name = "tiny";
    model.info.labels = { "BPSK", "OOK" };
    model.info.families = { "PSK", "ASK" };
    return model;
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

ModelBytes::ModelBytes(const Model& model)
{
    const std::string path = temporary_path();
    save_model(model, path);
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

Model load_bytes(const std::string& bytes)
{
    const std::string path = temporary_path();
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    try {
        Model model = load_model(path);
        std::filesystem::remove(path);
        return model;
    } catch (...) {
        std::filesystem::remove(path);
        throw;
    }
}

} // namespace prunedamr::model
