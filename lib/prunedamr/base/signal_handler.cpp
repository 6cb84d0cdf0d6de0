// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/signal_handler.h"

#include "prunedamr/base/error.h"

namespace prunedamr {

SignalHandler::SignalHandler(int signal, void (*handler)(int)) : signal_(signal), previous_{}
{
    struct sigaction action {
    };
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    PRUNEDAMR_CHECK(sigaction(signal, &action, &previous_) == 0, "not a signal that can be handled");
}

SignalHandler::~SignalHandler()
{
    sigaction(signal_, &previous_, nullptr);
}

} // namespace prunedamr
