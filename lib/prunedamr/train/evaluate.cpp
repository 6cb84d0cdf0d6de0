// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/evaluate.h"

#include "prunedamr/base/error.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/model/model_info.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/nn/operations.h"
#include "prunedamr/nn/torchscript.h"
#include "prunedamr/train/validation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace prunedamr::train {
namespace {

/// A folder of our own under the system's, removed at the end.
class TemporaryFolder
{
public:
    TemporaryFolder() : path_(std::filesystem::temp_directory_path() / "prunedamr-XXXXXX")
    {
        if (!mkdtemp(path_.data()))
            throw std::filesystem::filesystem_error("cannot make a folder", path_,
                                                    std::error_code(errno, std::generic_category()));
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

} // namespace

metrics::Runner module_runner(const graph::Network& network, const std::string& device_name, int batch)
{
    if (batch < 1)
        throw Error({ "value out of range", "batch", std::to_string(batch), "at least 1" });
    const at::Device device = nn::device_from_name(device_name);
    const auto module = std::make_shared<nn::GraphModule>(network);
    module->to(device);
    module->eval();
    const std::int64_t length = network.length;
    const auto run = [module, device, length](const float* frames, int count, float* logits) {
        const at::NoGradGuard no_grad;
        // LibTorch's views take pointers that are not const; the frames are only read.
        const at::Tensor in =
            at::from_blob(const_cast<float*>(frames), { count, 2, length }, at::kFloat);
        const at::Tensor out = module->forward(in.to(device)).to(at::kCPU).contiguous();
        std::copy_n(out.data_ptr<float>(), out.numel(), logits);
    };
    return { run, length, network.classes(), batch };
}

metrics::Runner torchscript_runner(const model::Model& model, int max_batch)
{
    graph::Network plain = model.network;
    plain.quantized.clear();
    const TemporaryFolder folder;
    nn::save_torchscript(plain, folder.file("network.pt"));
    const auto engine =
        std::make_shared<engine::Engine>(engine::Engine::torchscript(folder.file("network.pt"), model.info, max_batch));
    return { [engine](const float* frames, int count, float* logits) { engine->run(frames, count, logits); },
             model.network.length, model.network.classes(), max_batch };
}

namespace {

const char* name_of(dataset::Split part)
{
    switch (part) {
    case dataset::Split::train:
        return "train";
    case dataset::Split::validation:
        return "validation";
    case dataset::Split::test:
        break;
    }
    return "test";
}

} // namespace

void check_compatible(const graph::Network& network, const dataset::Dataset& dataset)
{
    const auto check = [](const char* what, std::int64_t found, std::int64_t expected) {
        if (found != expected)
            throw Error({ std::string("data set does not fit the network: ") + what + " differs", "data set",
                          std::to_string(found), std::to_string(expected) });
    };
    check("frame length", dataset.front_end.frame_length, network.length);
    check("number of classes", static_cast<std::int64_t>(dataset.class_names.size()), network.classes());
}

void check_compatible(const model::Model& model, const dataset::Dataset& dataset)
{
    model::check_contract(model.info, dataset.front_end, dataset.class_names, model.info.name);
}

metrics::Scores evaluate(const graph::Network& network, const dataset::Dataset& dataset, dataset::Split part,
                         const std::string& device, int batch)
{
    const std::vector<std::int64_t> indices = dataset.indices(part);
    if (indices.empty())
        throw Error({ "no frames in this part of the data set", name_of(part), "0", "at least 1" });
    check_compatible(network, dataset);
    return metrics::scores_of(metrics::evaluate(module_runner(network, device, batch), dataset, indices));
}

metrics::Scores evaluate(const model::Model& model, const dataset::Dataset& dataset, dataset::Split part,
                         const std::string& device, int batch)
{
    check_compatible(model, dataset);
    return evaluate(model.network, dataset, part, device, batch);
}

void check_recall_constraints(const std::vector<RecallConstraint>& recall_constraints, const dataset::Dataset& dataset,
                  const metrics::Evaluation& validation)
{
    const std::vector<std::int32_t> decided = metrics::decisions(validation.logits);
    const RecallMeter meter(recall_constraints, dataset, dataset.indices(dataset::Split::validation));
    check_recall_constraints(recall_constraints, meter.recalls({ decided.begin(), decided.end() }));
}

metrics::FinishedModel finish_model(model::Model model, const dataset::Dataset& dataset, const FitConfig& config,
                                    double false_rejection)
{
    check_compatible(model, dataset);
    const metrics::Runner runner = module_runner(model.network, config.device);
    const auto validation = metrics::evaluate(runner, dataset, dataset.indices(dataset::Split::validation));
    check_recall_constraints(config.recall_constraints, dataset, validation);
    return metrics::finish_model(std::move(model), validation,
                                 metrics::evaluate(runner, dataset, dataset.indices(dataset::Split::test)),
                                 false_rejection);
}

} // namespace prunedamr::train
