// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/runner.h"

#include "prunedamr/base/error.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/nn/operations.h"
#include "prunedamr/nn/torchscript.h"

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
    const torch::Device device = nn::device_from_name(device_name);
    const auto module = std::make_shared<nn::GraphModule>(network);
    module->to(device);
    module->eval();
    const std::int64_t length = network.length;
    const auto run = [module, device, length](const float* frames, int count, float* logits) {
        const torch::NoGradGuard no_grad;
        // LibTorch's views take pointers that are not const; the frames are only read.
        const torch::Tensor in =
            torch::from_blob(const_cast<float*>(frames), { count, 2, length }, torch::kFloat32);
        const torch::Tensor out = module->forward(in.to(device)).to(torch::kCPU).contiguous();
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

} // namespace prunedamr::train
