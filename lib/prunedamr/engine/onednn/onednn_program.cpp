// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/program.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/version.h"
#include "prunedamr/engine/onednn/primitive_sequence.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace prunedamr::engine {
namespace {

using onednn::OneThread;
using onednn::PrimitiveSequence;

/// Sequences for batches of 1, 2, 4, ...: any batch is a sum of these.
struct Compiled {
    dnnl::engine engine{ dnnl::engine::kind::cpu, 0 };
    std::vector<PrimitiveSequence> sequences; ///< by rising batch
    std::int64_t frame_floats = 0;
    std::int64_t classes = 0;
};

/// A sequence whose memories lie in one arena.
struct Bound {
    const PrimitiveSequence* sequence;
    float* input;
    const float* output;
    std::vector<std::unordered_map<int, dnnl::memory>> arguments; ///< of each call
};

Bound bind(const PrimitiveSequence& sequence, const dnnl::engine& engine, std::byte* arena)
{
    const auto address = [&](int buffer) { return arena + sequence.placement.offsets[buffer]; };
    Bound bound{ &sequence,
                 reinterpret_cast<float*>(address(sequence.input)),
                 reinterpret_cast<const float*>(address(sequence.output)),
                 {} };
    for (const onednn::Call& call : sequence.calls) {
        std::unordered_map<int, dnnl::memory> arguments;
        for (const onednn::Argument& a : call.arguments)
            arguments.emplace(a.id, a.buffer < 0 ? a.constant : dnnl::memory(a.desc, engine, address(a.buffer)));
        bound.arguments.push_back(std::move(arguments));
    }
    return bound;
}

class OnednnProgram : public Program
{
public:
    explicit OnednnProgram(std::shared_ptr<const Compiled> compiled)
        : compiled_(std::move(compiled)), stream_(compiled_->engine)
    {
        for (const PrimitiveSequence& sequence : compiled_->sequences) {
            arenas_.emplace_back(sequence.placement.size);
            bound_.push_back(bind(sequence, compiled_->engine, arenas_.back().data()));
        }
    }

    void run(const float* frames, int batch, float* logits) noexcept override
    {
        const OneThread one_thread;
        while (batch > 0) {
            const auto bound = std::find_if(bound_.rbegin(), bound_.rend(),
                                            [&](const Bound& b) { return b.sequence->batch <= batch; });
            const int count = bound->sequence->batch;
            std::memcpy(bound->input, frames, sizeof(float) * count * compiled_->frame_floats);
            for (std::size_t i = 0; i < bound->arguments.size(); ++i)
                bound->sequence->calls[i].primitive.execute(stream_, bound->arguments[i]);
            stream_.wait();
            std::memcpy(logits, bound->output, sizeof(float) * count * compiled_->classes);
            frames += count * compiled_->frame_floats;
            logits += count * compiled_->classes;
            batch -= count;
        }
    }

    std::unique_ptr<Program> clone() const override { return std::make_unique<OnednnProgram>(compiled_); }

    std::vector<StepTime> profile(const float*, int, int) override
    {
        throw Error{ { "steps cannot be timed one by one", "engine backend", "onednn", "native" } };
    }

    std::string description() const override
    {
        const dnnl_version_t* version = dnnl_version();
        return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
               std::to_string(version->patch) + ", float32";
    }

private:
    std::shared_ptr<const Compiled> compiled_;
    dnnl::stream stream_;
    std::vector<AlignedBytes> arenas_;
    std::vector<Bound> bound_;
};

std::unique_ptr<Program> make_program(const CompiledGraph& graph, int max_batch)
{
    const OneThread one_thread;
    auto compiled = std::make_shared<Compiled>();
    compiled->frame_floats = graph.values[graph.steps.front().output].shape.count();
    compiled->classes = graph.values[graph.output].shape.count();
    onednn::WeightCache weights;
    for (int batch = 1; batch <= max_batch; batch *= 2)
        compiled->sequences.push_back(onednn::make_sequence(graph, batch, compiled->engine, weights));
    return std::make_unique<OnednnProgram>(std::move(compiled));
}

} // namespace

} // namespace prunedamr::engine

extern "C" __attribute__((visibility("default"))) const prunedamr::engine::Plugin prunedamr_plugin;
const prunedamr::engine::Plugin prunedamr_plugin = { prunedamr::engine::kPluginAbi, prunedamr::kVersion, nullptr,
                                                     &prunedamr::engine::make_program };
