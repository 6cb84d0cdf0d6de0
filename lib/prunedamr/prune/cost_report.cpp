// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/cost_report.h"

#include <cstdio>

namespace prunedamr::prune {
namespace {

double share_cut(std::int64_t before, std::int64_t after)
{
    return before > 0 ? 1.0 - static_cast<double>(after) / static_cast<double>(before) : 0.0;
}

} // namespace

nlohmann::json cost_report(const graph::Cost& before, const graph::Cost& after)
{
    return { { "before", graph::to_json(before) },
             { "after", graph::to_json(after) },
             { "cut",
               { { "params", share_cut(before.params, after.params) },
                 { "macs", share_cut(before.macs, after.macs) },
                 { "paper_flops", share_cut(before.paper_flops, after.paper_flops) },
                 { "bytes", share_cut(before.bytes, after.bytes) } } } };
}

std::string cost_text(const graph::Cost& before, const graph::Cost& after)
{
    char text[200];
    std::snprintf(text, sizeof text, "cost: params %lld -> %lld (-%.1f %%), MACs %lld -> %lld (-%.1f %%)",
                  static_cast<long long>(before.params), static_cast<long long>(after.params),
                  100.0 * share_cut(before.params, after.params), static_cast<long long>(before.macs),
                  static_cast<long long>(after.macs), 100.0 * share_cut(before.macs, after.macs));
    return text;
}

} // namespace prunedamr::prune
