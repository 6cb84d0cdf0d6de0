// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/workshop/runner.h"

#include "prunedamr/engine/engine.h"
#include "prunedamr/nn/torchscript.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace prunedamr::workshop {
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
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

} // namespace

/// What a user of LibTorch would deploy: TorchScript, frozen and optimised for inference.
Runner make_torch_runner(const graph::Network& network, int max_batch)
{
    graph::Network plain = network;
    plain.quantised.clear();
    const TemporaryFolder folder;
    nn::save_torchscript(plain, folder.file("network.pt"));
    auto engine =
        std::make_shared<engine::Engine>(engine::Engine::torchscript(folder.file("network.pt"), plain, max_batch));
    return [engine](const float* frames, int batch, float* logits) { engine->run(frames, batch, logits); };
}

} // namespace prunedamr::workshop
