// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/workshop/verbs.h"

int main(int argc, char** argv)
{
    using namespace prunedamr;
    CLI::App app("Make, prune and measure networks that name the modulation of radio signals.", "prunedamr");
    cli::add_common(app);
    app.require_subcommand(1);
    app.footer("Each verb has its own --help.");
    workshop::add_synth(app);
    workshop::add_data(app);
    workshop::add_train(app);
    workshop::add_compress(app);
    workshop::add_quantise(app);
    workshop::add_calibrate(app);
    workshop::add_eval(app);
    workshop::add_bench(app);
    workshop::add_report(app);
    workshop::add_model(app);
    return cli::run(app, argc, argv);
}
