// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/fftw_planner.h"

#ifdef PRUNEDAMR_HAVE_FFTW_THREADS
#include <fftw3.h>
#endif

namespace prunedamr::dsp {

std::mutex& fftw_planner_mutex()
{
    static std::mutex mutex;
#ifdef PRUNEDAMR_HAVE_FFTW_THREADS
    // Others in the process, GNU Radio among them, hold locks of their own: FFTW must guard its planner itself.
    [[maybe_unused]] static const bool guarded = (fftwf_make_planner_thread_safe(), true);
#endif
    return mutex;
}

} // namespace prunedamr::dsp
