// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <pybind11/numpy.h>

#include <complex>
#include <cstdint>

namespace prunedamr::python {

using Floats = pybind11::array_t<float, pybind11::array::c_style>;
using Samples = pybind11::array_t<std::complex<float>, pybind11::array::c_style>;

/// Frames as the engine takes them, [n, 2, length]: from real floating-point numbers of that shape, or complex ones
/// [n, length], of any precision, byte order and strides. Copies only what is not yet in that form.
/// Throws Python's TypeError for other numbers, `Error` for other shapes.
Floats frames_of(const pybind11::object& frames, std::int64_t length);

/// Samples from complex numbers [n] of any precision, byte order and stride; no copy of contiguous complex64.
/// Throws Python's TypeError for other numbers, `Error` for other shapes.
Samples samples_of(const pybind11::object& samples);

} // namespace prunedamr::python
