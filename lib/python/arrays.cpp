// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/arrays.h"

#include "prunedamr/base/error.h"

#include <string>

namespace py = pybind11;

namespace prunedamr::python {
namespace {

constexpr char kReal = 'f', kComplex = 'c'; ///< kinds of numpy's types

/// "int16 [5, 2, 128]"
std::string form_of(const py::array& array)
{
    std::string text = py::str(array.dtype()).cast<std::string>() + " [";
    for (py::ssize_t axis = 0; axis < array.ndim(); ++axis)
        text += (axis ? ", " : "") + std::to_string(array.shape(axis));
    return text + "]";
}

/// Throws Python's own error for what numpy makes no array of.
py::array array_of(const py::object& object)
{
    return py::module_::import("numpy").attr("asarray")(object);
}

/// Numbers of the wrong kind are a TypeError to Python, a wrong shape is a ValueError.
[[noreturn]] void refuse(const py::array& array, const char* name, bool is_wrong_kind, const std::string& expected)
{
    const InvalidArgument error({ "wrong array", name, form_of(array), expected });
    if (is_wrong_kind)
        throw py::type_error(error.what());
    throw error;
}

template <typename Array> Array converted(const py::array& array)
{
    Array result = Array::ensure(array);
    if (!result)
        throw py::error_already_set();
    return result;
}

using AnyFloats = py::array_t<float, py::array::c_style | py::array::forcecast>;
using AnySamples = py::array_t<std::complex<float>, py::array::c_style | py::array::forcecast>;

/// [n, length] complex -> [n, 2, length]
Floats rows_i_and_q(const Samples& frames)
{
    const auto count = frames.shape(0), length = frames.shape(1);
    Floats result({ count, py::ssize_t{ 2 }, length });
    const std::complex<float>* in = frames.data();
    float* out = result.mutable_data();
    for (py::ssize_t n = 0; n < count; ++n, in += length, out += 2 * length)
        for (py::ssize_t i = 0; i < length; ++i) {
            out[i] = in[i].real();
            out[length + i] = in[i].imag();
        }
    return result;
}

} // namespace

Floats frames_of(const py::object& frames, std::int64_t length)
{
    const py::array array = array_of(frames);
    const char kind = array.dtype().kind();
    if (kind == kReal && array.ndim() == 3 && array.shape(1) == 2 && array.shape(2) == length)
        return converted<AnyFloats>(array);
    if (kind == kComplex && array.ndim() == 2 && array.shape(1) == length)
        return rows_i_and_q(converted<AnySamples>(array));
    const std::string l = std::to_string(length);
    refuse(array, "frames", kind != kReal && kind != kComplex,
           "float32 [n, 2, " + l + "], I then Q, or complex64 [n, " + l + "]");
}

Samples samples_of(const py::object& samples)
{
    const py::array array = array_of(samples);
    const bool is_wrong_kind = array.dtype().kind() != kComplex;
    if (is_wrong_kind || array.ndim() != 1)
        refuse(array, "samples", is_wrong_kind, "complex64 [n]");
    return converted<AnySamples>(array);
}

} // namespace prunedamr::python
