// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/bindings.h"

#include "prunedamr/base/error.h"

#include <exception>
#include <string>

namespace py = pybind11;

namespace prunedamr::python {
namespace {

PyObject* error_type = nullptr; ///< prunedamr.Error, kept for as long as the process lives

/// What is not UTF-8, in the name of a file, is escaped.
py::object text_of(const std::string& text)
{
    return py::reinterpret_steal<py::object>(
        PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "backslashreplace"));
}

/// OSError has a subclass for each code that matters, and chooses it itself.
py::object os_error_type(int code)
{
    return py::type::of(py::handle(PyExc_OSError)(code, ""));
}

void raise(const py::object& type, const Error& error, int code = 0)
{
    py::object value = type(text_of(error.what()));
    if (code != 0)
        value.attr("errno") = code;
    PyErr_SetObject(type.ptr(), value.ptr());
}

void translate(std::exception_ptr thrown)
{
    try {
        std::rethrow_exception(thrown);
    } catch (const InvalidArgument& error) {
        raise(py::reinterpret_borrow<py::object>(PyExc_ValueError), error);
    } catch (const SystemError& error) {
        raise(os_error_type(error.code()), error, error.code());
    } catch (const Error& error) {
        raise(py::reinterpret_borrow<py::object>(error_type), error);
    }
}

} // namespace

void bind_errors(py::module_& module)
{
    py::exception<Error> type(module, "Error", PyExc_RuntimeError);
    type.attr("__doc__") = "A model, or another file, is not what it should be: one line that says where, what and "
                           "what is expected.";
    error_type = type.release().ptr();
    py::register_local_exception_translator(translate);
}

} // namespace prunedamr::python
