// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"

namespace prunedamr::receiver {

Reading Source::skip(std::uint64_t)
{
    return {};
}

void Source::tune(double)
{
    throw Error{ { "this source cannot be tuned", info().name, "", "" } };
}

void Source::set_gain(const GainSetting&)
{
    throw Error{ { "the gain of this source cannot be set", info().name, "", "" } };
}

} // namespace prunedamr::receiver
