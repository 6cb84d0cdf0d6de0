// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"

namespace prunedamr::receiver {

std::unique_ptr<Source> make_soapy_source(const SoapyConfig& config)
{
    throw Error{ { "this build has no SoapySDR", "soapy:" + config.device, "",
                   "a build with PRUNEDAMR_SOAPY=ON" } };
}

} // namespace prunedamr::receiver
