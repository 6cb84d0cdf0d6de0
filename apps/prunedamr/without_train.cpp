// SPDX-License-Identifier: GPL-3.0-or-later
// The subcommands that need LibTorch, in a build without it: they say so.
#include "apps/prunedamr/attacks.h"
#include "apps/prunedamr/runner.h"
#include "apps/prunedamr/subcommands.h"
#include "prunedamr/base/error.h"

namespace prunedamr::tool {
namespace {

[[noreturn]] void refuse(const std::string& what)
{
    throw Error({ "not in this build: configure with -DPRUNEDAMR_TRAIN=ON (needs libtorch-dev)", what, "", "" });
}

/// A subcommand that is there only to say so.
void add_absent(CLI::App& app, const std::string& name)
{
    auto* command = app.add_subcommand(name, "not in this build (needs LibTorch)");
    command->allow_extras();
    command->callback([name] { refuse(name); });
}

} // namespace

void add_train(CLI::App& app)
{
    add_absent(app, "train");
}

void add_adapt(CLI::App& app)
{
    add_absent(app, "adapt");
}

void add_compress(CLI::App& app)
{
    add_absent(app, "compress");
}

void add_quantize(CLI::App& app)
{
    add_absent(app, "quantize");
}

void add_model_torchscript(CLI::App& model)
{
    add_absent(model, "export-torchscript");
}

Attacks make_attacks(const std::vector<std::string>&, int)
{
    refuse("--attack");
}

metrics::Runner make_torch_runner(const model::Model&, int)
{
    refuse("--backend torch");
}

} // namespace prunedamr::tool
