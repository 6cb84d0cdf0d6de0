// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"

namespace prunedamr::receiver {

void Source::tune(double)
{
    throw Error{ { "this source cannot be tuned", info().name, "", "" } };
}

} // namespace prunedamr::receiver
