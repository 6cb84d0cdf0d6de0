// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>

namespace prunedamr::dsp {

/// FFTW's planner is not thread-safe: whoever makes or destroys a plan, also through liquid-dsp, holds this.
std::mutex& fftw_planner_mutex();

} // namespace prunedamr::dsp
