// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr-rx/options.h"
#include "apps/prunedamr-rx/requests.h"
#include "apps/prunedamr-rx/session.h"

#include "prunedamr/base/interrupt.h"

#include <csignal>

int main(int argc, char** argv)
{
    using namespace prunedamr;
    CLI::App app("Modulation labels from live or recorded I/Q.", "prunedamr-rx");
    rx::Options options;
    cli::add_common(app);
    rx::add_options(app, options);
    app.callback([&options] {
        rx::check(options);
        std::signal(SIGPIPE, SIG_IGN); // a reader of stdout that leaves is no failure
        const InterruptGuard interrupt_guard;
        const rx::RequestGuard request_guard;
        rx::Session(options).run();
    });
    return cli::run(app, argc, argv);
}
