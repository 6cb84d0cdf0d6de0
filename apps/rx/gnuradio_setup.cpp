// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/rx/gnuradio_setup.h"

#include <gnuradio/logger.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>
#include <unistd.h>

namespace prunedamr::rx {
namespace {

void log_to_stderr()
{
    // GNU Radio 3.10 ignores the preference log_file, so its sink is replaced.
    auto& logging = gr::logging::singleton();
    const auto backend = std::dynamic_pointer_cast<spdlog::sinks::dist_sink_mt>(logging.default_backend());
    if (backend)
        backend->set_sinks({ std::make_shared<spdlog::sinks::stderr_sink_mt>() });
    logging.set_default_level(gr::log_level::warn);
}

void do_without_home()
{
    // The first start stores preferences under $HOME and throws when it cannot; without HOME it uses TMP.
    const char* home = std::getenv("HOME");
    if (home && access(home, W_OK) != 0)
        unsetenv("HOME");
}

} // namespace

void set_up_gnuradio()
{
    log_to_stderr();
    do_without_home();
}

} // namespace prunedamr::rx
