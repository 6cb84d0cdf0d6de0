// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/data_parallel.h"

#include "prunedamr/base/file.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/train/settings.h"

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <filesystem>
#include <sys/mman.h>
#include <unistd.h>

namespace prunedamr::train {
namespace {

constexpr std::int64_t kPieceValues = std::int64_t{ 1 } << 20; // 4 MiB of float32

/// Consecutive tensors together of about `kPieceValues`.
std::vector<std::vector<at::Tensor>> pieces_of(const std::vector<at::Tensor>& tensors)
{
    std::vector<std::vector<at::Tensor>> pieces;
    std::int64_t values = kPieceValues;
    for (const at::Tensor& tensor : tensors) {
        if (values >= kPieceValues) {
            pieces.emplace_back();
            values = 0;
        }
        pieces.back().push_back(tensor);
        values += tensor.numel();
    }
    return pieces;
}

/// `shapes` is sorted by name, as the tensors of a network are.
graph::Network network_from(const nlohmann::json& description, const std::string& weights)
{
    const std::string where = "network of process 0";
    JsonObject fields(description.at("graph"), where);
    graph::Network network = graph::network_from_json(fields, description.at("length").get<std::int64_t>(), where);
    const char* from = weights.data();
    for (const auto& [name, shape] : description.at("shapes").items()) {
        graph::Tensor& tensor = network.tensors[name];
        tensor.shape = shape.get<std::vector<std::int64_t>>();
        tensor.data.resize(static_cast<std::size_t>(c10::multiply_integers(tensor.shape)));
        std::memcpy(tensor.data.data(), from, tensor.data.size() * sizeof(float));
        from += tensor.data.size() * sizeof(float);
    }
    return network;
}

void write_all(int file, const std::string& bytes)
{
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = write(file, bytes.data() + done, bytes.size() - done);
        if (written <= 0)
            throw Error({ "no memory for the checkpoint of process 0", "", std::strerror(errno), "" });
        done += static_cast<std::size_t>(written);
    }
}

} // namespace

Slice slice_of(std::size_t count, const ProcessGroup& processes)
{
    const auto rank = static_cast<std::size_t>(processes.rank()), size = static_cast<std::size_t>(processes.size());
    const std::size_t first = count * rank / size;
    return { first, count * (rank + 1) / size - first };
}

std::vector<std::int64_t> own_indices(const std::vector<std::int64_t>& indices, const ProcessGroup& processes)
{
    const Slice slice = slice_of(indices.size(), processes);
    const auto first = indices.begin() + static_cast<std::ptrdiff_t>(slice.first);
    return { first, first + static_cast<std::ptrdiff_t>(slice.count) };
}

void sum_gradients(const std::vector<at::Tensor>& parameters, const ProcessGroup& processes)
{
    if (processes.size() == 1)
        return;
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& parameter : parameters)
        if (parameter.grad().defined())
            gradients.push_back(parameter.grad());
    const auto pieces = pieces_of(gradients);
    std::vector<at::Tensor> flat;
    for (const auto& piece : pieces) {
        std::vector<at::Tensor> rows;
        for (const at::Tensor& gradient : piece)
            rows.push_back(gradient.flatten());
        flat.push_back(at::cat(rows));
    }
    processes.sum(flat);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        std::int64_t first = 0;
        for (at::Tensor gradient : pieces[i]) {
            gradient.copy_(flat[i].slice(0, first, first + gradient.numel()).view(gradient.sizes()));
            first += gradient.numel();
        }
    }
}

graph::Network network_of_rank0(const graph::Network& network, const ProcessGroup& processes)
{
    if (processes.size() == 1)
        return network;
    std::string description, weights;
    if (processes.is_rank0()) {
        nlohmann::json shapes = nlohmann::json::object();
        for (const auto& [name, tensor] : network.tensors) {
            shapes[name] = tensor.shape;
            weights.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size() * sizeof(float));
        }
        description = nlohmann::json{
            { "graph", graph::to_json(network) }, { "length", network.length }, { "shapes", shapes }
        }.dump();
    }
    processes.broadcast(description);
    processes.broadcast(weights);
    return processes.is_rank0() ? network : network_from(nlohmann::json::parse(description), weights);
}

void check_same_run(const nlohmann::json& fingerprint, const ProcessGroup& processes)
{
    if (processes.size() == 1)
        return;
    std::string text = fingerprint.dump();
    processes.broadcast(text);
    const nlohmann::json of_rank0 = nlohmann::json::parse(text);
    for (const auto& [key, value] : of_rank0.items())
        if (const nlohmann::json own = fingerprint.value(key, nlohmann::json()); own != value)
            throw Error({ "process " + std::to_string(processes.rank()) + " was started for another run: " + key +
                              " differs",
                          "", own.dump(), value.dump() + ", as process 0 has" });
}

FileOfRank0::FileOfRank0(const std::string& path, const ProcessGroup& processes)
    : path_(path), exists_(!path.empty() && std::filesystem::exists(path))
{
    if (processes.size() == 1)
        return;
    std::string bytes = processes.is_rank0() && exists_ ? read_file(path) : "";
    processes.broadcast(bytes);
    exists_ = !bytes.empty();
    if (processes.is_rank0() || !exists_)
        return;
    memory_ = memfd_create("checkpoint", MFD_CLOEXEC);
    path_ = "/proc/self/fd/" + std::to_string(memory_);
    write_all(memory_, bytes);
}

FileOfRank0::~FileOfRank0()
{
    if (memory_ >= 0)
        close(memory_);
}

namespace {

const std::string kShutdown; // in place of settings

nlohmann::json settings_of(FitConfig config)
{
    nlohmann::json all = { { "seed", config.seed },
                           { "checkpoint", config.checkpoint },
                           { "resume", config.resume },
                           { "has_teacher", config.teacher != nullptr } };
    for (const NumberSetting& setting : number_settings())
        std::visit([&](const auto* value) { all[setting.name] = *value; }, setting.in(config));
    for (const ChoiceSetting& setting : choice_settings())
        all[setting.name] = setting.in(config);
    return all;
}

void take_settings(const nlohmann::json& all, FitConfig& config)
{
    const int threads = config.threads; // a matter of the machine
    for (const NumberSetting& setting : number_settings())
        std::visit([&](auto* value) { all.at(setting.name).get_to(*value); }, setting.in(config));
    for (const ChoiceSetting& setting : choice_settings())
        all.at(setting.name).get_to(setting.in(config));
    config.threads = threads;
    all.at("seed").get_to(config.seed);
    all.at("checkpoint").get_to(config.checkpoint);
    all.at("resume").get_to(config.resume);
}

} // namespace

bool join_fit(graph::Network& network, FitConfig& config)
{
    const ProcessGroup& processes = config.processes;
    if (processes.size() == 1)
        return true;
    std::string text = processes.is_rank0() ? settings_of(config).dump() : "";
    processes.broadcast(text);
    if (text == kShutdown)
        return false;
    const nlohmann::json settings = nlohmann::json::parse(text);
    take_settings(settings, config);
    network = network_of_rank0(network, processes);
    if (settings.at("has_teacher").get<bool>())
        config.teacher = std::make_shared<const graph::Network>(
            network_of_rank0(config.teacher ? *config.teacher : graph::Network(), processes));
    else
        config.teacher = nullptr;
    return true;
}

void shutdown_workers(const ProcessGroup& processes)
{
    std::string text = kShutdown;
    processes.broadcast(text);
    processes.finish();
}

} // namespace prunedamr::train
