// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/subcommands.h"

int main(int argc, char** argv)
{
    using namespace prunedamr;
    CLI::App app("Make, prune and measure networks that name the modulation of radio signals.", "prunedamr");
    cli::add_common(app);
    app.require_subcommand(1);
    app.footer("Each subcommand has its own --help.");
    tool::add_synth(app);
    tool::add_data(app);
    tool::add_train(app);
    tool::add_adapt(app);
    tool::add_compress(app);
    tool::add_quantize(app);
    tool::add_calibrate(app);
    tool::add_eval(app);
    tool::add_gate(app);
    tool::add_bench(app);
    tool::add_report(app);
    tool::add_measure(app);
    tool::add_label(app);
    tool::add_systems(app);
    tool::add_model(app);
    tool::add_key(app);
    return cli::run(app, argc, argv);
}
