// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/fftw_planner.h"

namespace prunedamr::dsp {

std::mutex& fftw_planner_mutex()
{
    static std::mutex mutex;
    return mutex;
}

} // namespace prunedamr::dsp
