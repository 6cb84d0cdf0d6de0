// SPDX-License-Identifier: GPL-3.0-or-later
// The verbs that need LibTorch, in a build without it: they say so.
#include "runner.h"
#include "verbs.h"

#include "prunedamr/base/error.h"

namespace prunedamr::workshop {
namespace {

[[noreturn]] void refuse(const char* what)
{
    throw Error({ "not in this build: configure with -DPRUNEDAMR_WORKSHOP=ON (needs libtorch-dev)", what, "", "" });
}

void add_absent(CLI::App& app, const char* name)
{
    auto* verb = app.add_subcommand(name, "not in this build (needs LibTorch)");
    verb->allow_extras();
    verb->callback([name] { refuse(name); });
}

} // namespace

void add_train(CLI::App& app)
{
    add_absent(app, "train");
}
void add_compress(CLI::App& app)
{
    add_absent(app, "compress");
}

Runner make_torch_runner(const graph::Network&)
{
    refuse("--backend torch");
}

} // namespace prunedamr::workshop
