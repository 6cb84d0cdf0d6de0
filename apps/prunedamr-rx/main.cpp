// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr-rx/ctl.h"
#include "apps/prunedamr-rx/model_loader.h"
#include "apps/prunedamr-rx/options.h"
#include "apps/prunedamr-rx/requests.h"
#include "apps/prunedamr-rx/session.h"

#include "prunedamr/base/interrupt.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int argc, char** argv)
{
    using namespace prunedamr;
    if (argc > 1 && std::string_view(argv[1]) == "ctl")
        return rx::run_ctl(argc - 1, argv + 1);
    CLI::App app("Modulation labels from live or recorded I/Q.", "prunedamr-rx");
    rx::Options options;
    cli::add_common(app);
    CLI::App* ctl = app.add_subcommand("ctl", ""); // for help, the manual page and completions: it stands first, or nowhere
    rx::add_ctl(*ctl);
    ctl->preparse_callback([](std::size_t) {
        throw CLI::ValidationError("ctl", "stands before all options: prunedamr-rx ctl COMMAND");
    });
    rx::add_options(app, options);
    app.callback([&options] {
        rx::check(options);
        std::signal(SIGPIPE, SIG_IGN); // a reader of stdout that leaves is no failure
        const InterruptGuard interrupt_guard;
        const rx::RequestGuard request_guard;
        rx::Session(options).run();
    });
    const int code = cli::run(app, argc, argv);
    if (rx::ModelLoader::left_behind() || rx::Session::left_behind()) { // a thread must not outlive what it uses
        std::fflush(nullptr);
        std::_Exit(code);
    }
    return code;
}
