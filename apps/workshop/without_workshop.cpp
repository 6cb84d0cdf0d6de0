// SPDX-License-Identifier: GPL-3.0-or-later
// The verbs that need LibTorch, in a build without it: they say so.
#include "apps/workshop/absent.h"
#include "apps/workshop/attacks.h"
#include "apps/workshop/model_verbs.h"
#include "apps/workshop/runner.h"
#include "apps/workshop/verbs.h"

namespace prunedamr::workshop {
namespace {

constexpr AbsentPart kWorkshop = { "LibTorch", "-DPRUNEDAMR_WORKSHOP=ON (needs libtorch-dev)" };

} // namespace

void add_train(CLI::App& app)
{
    kWorkshop.add_verb(app, "train");
}

void add_compress(CLI::App& app)
{
    kWorkshop.add_verb(app, "compress");
}

void add_quantise(CLI::App& app)
{
    kWorkshop.add_verb(app, "quantise");
}

void add_calibrate(CLI::App& app)
{
    kWorkshop.add_verb(app, "calibrate");
}

void add_model_torchscript(CLI::App& model)
{
    kWorkshop.add_verb(model, "export-torchscript");
}

Attacks make_attacks(const std::vector<std::string>&, int)
{
    kWorkshop.refuse("--attack");
}

Runner make_torch_runner(const graph::Network&, int)
{
    kWorkshop.refuse("--backend torch");
}

} // namespace prunedamr::workshop
