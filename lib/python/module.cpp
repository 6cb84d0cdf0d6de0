// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/bindings.h"

#include "prunedamr/base/version.h"

namespace {

constexpr const char* kModuleText = R"(Modulation labels from complex samples, by networks that prunedamr made.

    model = prunedamr.Model("onair-s")
    for event in model.classify(samples, sample_rate_hz=1e6):
        print(event["label"], event["confidence"])

`SignalClassifier` and `WidebandScanner` take samples as they arrive, in any number of calls.

A missing file is a FileNotFoundError, another refusal of the operating system an OSError, an array or a value that is
wrong a ValueError or a TypeError; whatever else is wrong, the content of a file above all, is an `Error`.
)";

} // namespace

PYBIND11_MODULE(_prunedamr, module)
{
    using namespace prunedamr::python;
    const pybind11::object own_name = module.attr("__name__");
    module.attr("__name__") = "prunedamr"; // the package, by which its classes go
    module.doc() = kModuleText;
    module.attr("__version__") = prunedamr::kVersion;
    bind_errors(module);
    bind_model(module);
    bind_streams(module);
    bind_workbench(module);
    module.attr("__name__") = own_name;
}
