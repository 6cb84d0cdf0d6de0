// SPDX-License-Identifier: GPL-3.0-or-later
// The subcommands that need LibTorch, in a build without it: they say so.
#include "apps/prunedamr/absent.h"
#include "apps/prunedamr/attacks.h"
#include "apps/prunedamr/runner.h"
#include "apps/prunedamr/subcommands.h"

namespace prunedamr::tool {
namespace {

constexpr AbsentPart kTrain = { "LibTorch", "-DPRUNEDAMR_TRAIN=ON (needs libtorch-dev)" };

} // namespace

void add_train(CLI::App& app)
{
    kTrain.add_subcommand(app, "train");
}

void add_adapt(CLI::App& app)
{
    kTrain.add_subcommand(app, "adapt");
}

void add_compress(CLI::App& app)
{
    kTrain.add_subcommand(app, "compress");
}

void add_quantize(CLI::App& app)
{
    kTrain.add_subcommand(app, "quantize");
}

void add_model_torchscript(CLI::App& model)
{
    kTrain.add_subcommand(model, "export-torchscript");
}

Attacks make_attacks(const std::vector<std::string>&, int)
{
    kTrain.refuse("--attack");
}

metrics::Runner make_torch_runner(const model::Model&, int)
{
    kTrain.refuse("--backend torch");
}

} // namespace prunedamr::tool
