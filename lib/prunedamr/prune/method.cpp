// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/method.h"

#include "prunedamr/base/error.h"
#include "prunedamr/prune/method_options.h"

namespace prunedamr::prune {

const std::vector<Method>& methods()
{
    static const std::vector<Method> list = {
        { "psr", "layer blocks by CKA similarity, units by SynFlow, reassembly (arXiv 2406.07929)",
          [](const PruneContext& context, const MethodOptions& options) { return psr(context, options.psr); } },
        { "consensus", "units one by one, least missed by the rank sum of eight distances (arXiv 2411.14345)",
          [](const PruneContext& context, const MethodOptions& options) {
              return consensus(context, options.consensus);
          } },
        { "catro", "channels by class-aware trace ratio, widths by greedy choice with a bound (arXiv 2110.10921)",
          [](const PruneContext& context, const MethodOptions& options) { return catro(context, options.catro); } },
        { "random", "baseline: units (or channels) at random",
          [](const PruneContext& context, const MethodOptions& options) {
              return baseline("random", context, options.baseline);
          } },
        { "l1", "baseline: units (or channels) of smallest absolute weight",
          [](const PruneContext& context, const MethodOptions& options) {
              return baseline("l1", context, options.baseline);
          } },
        { "fpgm", "baseline: channels nearest the geometric median of their layer",
          [](const PruneContext& context, const MethodOptions& options) {
              return baseline("fpgm", context, options.baseline);
          } },
        { "bnp", "baseline: units (or channels) of smallest batch-norm scale",
          [](const PruneContext& context, const MethodOptions& options) {
              return baseline("bnp", context, options.baseline);
          } },
        { "lcp", "baseline: units over which a linear probe gains least",
          [](const PruneContext& context, const MethodOptions& options) {
              return baseline("lcp", context, options.baseline);
          } },
        { "odf2nna", "dense units and channels that hardly vary over the data (arXiv 2312.10560)",
          [](const PruneContext& context, const MethodOptions& options) {
              return odf2nna(context, options.odf2nna);
          },
          [](const MethodOptions& options) { return chooses_alone(options.odf2nna); } },
        { "rl", "filters by a learned distribution over the layers and Taylor scores (RL-Pruner, arXiv 2411.06463)",
          [](const PruneContext& context, const MethodOptions& options) {
              return rl_pruner(context, options.rl);
          } },
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
