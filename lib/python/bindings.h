// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <pybind11/pybind11.h>

namespace prunedamr::python {

/// Each adds one part of the module; in this order, since signatures name the classes of the parts before.
void bind_errors(pybind11::module_& module);
void bind_model(pybind11::module_& module);
void bind_streams(pybind11::module_& module);
/// What people who make and measure models call: evaluate, calibrate, evaluate_recording, frames_from_captures.
void bind_workbench(pybind11::module_& module);

} // namespace prunedamr::python
