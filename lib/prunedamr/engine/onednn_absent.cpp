// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/engine/program.h"

namespace prunedamr::engine {

std::unique_ptr<Program> make_onednn_program(const Plan&, int)
{
    throw Error{ { "this build has no oneDNN", "engine backend", "onednn", "native (or build with libdnnl-dev)" } };
}

} // namespace prunedamr::engine
