// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <pybind11/pybind11.h>

namespace prunedamr::python {

/// Adds what people who make and measure models call: evaluate, calibrate, evaluate_recording,
/// frames_from_captures.
void bind_workbench(pybind11::module_& m);

} // namespace prunedamr::python
