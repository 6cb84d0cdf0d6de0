// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>

namespace prunedamr::dsp {

/// FFTW's planner is not thread-safe by itself: whoever makes or destroys a plan, also through liquid-dsp, holds
/// this. Where FFTW's threads library is there, the planner is made safe against the process's other users too.
std::mutex& fftw_planner_mutex();

} // namespace prunedamr::dsp
