// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/methods.h"

#include "prunedamr/base/error.h"

namespace prunedamr::prune {

const std::vector<Method>& methods()
{
    static const std::vector<Method> list = {
        { "psr", "layer blocks by CKA similarity, units by SynFlow, reassembly (arXiv 2406.07929)",
          [](const Task& task, const MethodOptions& options) { return psr(task, options.psr); } },
        { "random", "layer baseline: units removed at random",
          [](const Task& task, const MethodOptions&) { return random_units(task); } },
        { "l1", "layer baseline: units of least mean absolute conv weight removed",
          [](const Task& task, const MethodOptions&) { return l1_units(task); } },
        { "odf2nna", "dense units and channels that hardly vary over the data (arXiv 2312.10560)",
          [](const Task& task, const MethodOptions& options) { return odf2nna(task, options.odf2nna); },
          [](const MethodOptions& options) { return chooses_alone(options.odf2nna); } },
    };
    return list;
}

const Method& method_named(const std::string& name)
{
    std::string known;
    for (const Method& method : methods()) {
        if (name == method.name)
            return method;
        known += (known.empty() ? "" : ", ") + std::string(method.name);
    }
    throw Error{ { "unknown method", "", name, known } };
}

} // namespace prunedamr::prune
