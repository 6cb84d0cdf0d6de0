// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/base/version.h"
#include "prunedamr/engine/program.h"

#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>

namespace prunedamr::engine {
namespace {

/// The first line of what LibTorch says.
std::string first_line(const std::exception& fault)
{
    const std::string text = fault.what();
    return text.substr(0, text.find('\n'));
}

/// Of unit power, the same each time.
std::vector<float> some_noise(std::size_t count)
{
    Rng rng(1);
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(std::sqrt(0.5) * rng.normal());
    return values;
}

torch::jit::Module load(const std::string& path)
{
    if (!std::filesystem::is_regular_file(path))
        throw SystemError({ "no such file", path, "", "a TorchScript file" }, ENOENT);
    try {
        torch::jit::Module module = torch::jit::load(path, torch::kCPU);
        module.eval();
        // With the LibTorch 2.6 of Debian 13 the fuser's LLVM never ends compiling; off for the whole process.
        torch::jit::setTensorExprFuserEnabled(false);
        return torch::jit::optimize_for_inference(module);
    } catch (const std::exception& fault) {
        throw Error{ { "cannot be loaded as TorchScript", path, first_line(fault), "a file of torch.jit.save" } };
    }
}

class TorchProgram : public Program
{
public:
    TorchProgram(torch::jit::Module module, std::int64_t length, std::int64_t classes)
        : module_(std::move(module)), length_(length), classes_(classes)
    {
    }

    void run(const float* frames, int batch, float* logits) noexcept override
    {
        std::fill_n(logits, batch * classes_, std::numeric_limits<float>::quiet_NaN());
        try {
            const torch::Tensor output = forward(frames, batch);
            if (output.sizes() == at::IntArrayRef({ batch, classes_ }))
                std::copy_n(output.data_ptr<float>(), batch * classes_, logits);
        } catch (const std::exception&) { // there is nobody to tell on the sample path but by what it answers
        }
    }

    /// What a first call finds out is found out here, and what does not fit is refused.
    void check(const std::string& path, int batch)
    {
        const auto size = static_cast<std::size_t>(batch * 2 * length_);
        const std::vector<float> zeros(size), noise = some_noise(size);
        const std::string expected = "float32 [" + std::to_string(batch) + ", " + std::to_string(classes_) + "]";
        torch::Tensor output;
        try {
            for (int warm_up = 0; warm_up < 3; ++warm_up) // LibTorch compiles in its second call
                output = forward(zeros.data(), batch);
            if (output.sizes() == at::IntArrayRef({ batch, classes_ }))
                output = forward(noise.data(), batch);
        } catch (const std::exception& fault) {
            throw Error{ { "the module cannot take frames [" + std::to_string(batch) + ", 2, " +
                               std::to_string(length_) + "]",
                           path, first_line(fault), expected } };
        }
        if (output.sizes() != at::IntArrayRef({ batch, classes_ }))
            throw Error{ { "the module's answer has the wrong shape", path, c10::str(output.sizes()), expected } };
        if (!output.isfinite().all().item<bool>())
            throw Error{ { "the module answers noise with what is no number", path, "", expected } };
    }

    std::unique_ptr<Program> clone() const override
    {
        return std::make_unique<TorchProgram>(module_, length_, classes_);
    }

    std::string description() const override { return "LibTorch " TORCH_VERSION ", TorchScript"; }

    std::vector<StepTime> profile(const float*, int, int) override
    {
        throw Error{ { "LibTorch has no steps to time here", "profile", "", "the native backend" } };
    }

private:
    torch::Tensor forward(const float* frames, int batch)
    {
        const torch::InferenceMode no_gradient;
        const torch::Tensor input =
            torch::from_blob(const_cast<float*>(frames), { batch, 2, length_ }, torch::kFloat32);
        return module_.forward({ input }).toTensor().to(torch::kFloat32).contiguous();
    }

    torch::jit::Module module_;
    std::int64_t length_;
    std::int64_t classes_;
};

std::unique_ptr<Program> make(const std::string& path, std::int64_t length, std::int64_t classes, int max_batch)
{
    torch::set_num_threads(1);
    auto program = std::make_unique<TorchProgram>(load(path), length, classes);
    program->check(path, max_batch);
    program->check(path, 1);
    return program;
}

} // namespace
} // namespace prunedamr::engine

extern "C" __attribute__((visibility("default"))) const prunedamr::engine::Plugin prunedamr_plugin;
const prunedamr::engine::Plugin prunedamr_plugin = { prunedamr::engine::kPluginAbi, prunedamr::kVersion,
                                                     &prunedamr::engine::make, nullptr };
