// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// {"before", "after", "cut" (fractions of before that are gone)} of params, macs, paper_flops and bytes.
nlohmann::json cost_report(const graph::Cost& before, const graph::Cost& after);

/// "cost: params 45918 -> 20000 (-56.4 %), MACs ..."
std::string cost_text(const graph::Cost& before, const graph::Cost& after);

/// Median time of one frame at batch 1 in the native engine, on the calling core, in microseconds: at least 50 runs
/// and a tenth of a second, after a warm-up, the smallest of three medians. Throws `Error` when the engine cannot run
/// the network.
double engine_latency_us(const graph::Network& network);

/// How small the result must be: "units=5", "macs=10%", "params=50k", "bytes=20k", "latency=8us" (of one frame in
/// the native engine on this host, one core), several joined by commas, all of which hold: "params=10k,macs=0.2M".
/// Or "drop<=0.5": the smallest network that loses no more points of validation accuracy, after fine-tuning.
/// Units are all units of the result, the stem included. A percentage is of the unpruned network; suffixes k and M
/// are decimal; a latency ends in us or ms.
struct Budget {
    enum class Quantity { units, macs, params, bytes, latency };
    struct Limit {
        Quantity quantity = Quantity::units;
        double limit = 0.0; ///< absolute; of latency in microseconds
    };
    std::vector<Limit> limits;             ///< empty with `max_drop_points`
    std::optional<double> max_drop_points; ///< of accuracy, 0..100
    std::string text;                      ///< as the user wrote it

    bool limits_latency() const;

    /// Every limit but that of latency, which only a measurement tells.
    bool allows(const graph::Cost& cost, std::size_t units) const;

    /// All limits; measures latency where it is limited.
    bool met_by(const graph::Network& network) const;

    /// The largest amount relative to its limit: at most 1 when met; measures latency where it is limited.
    double excess(const graph::Network& network) const;

    /// What of a network the limits are about: "macs 12345, latency 9.1 us"; for messages.
    std::string amounts(const graph::Network& network) const;
};

const char* to_string(Budget::Quantity quantity);

/// An amount that is counted, not measured: any but latency.
double counted(const graph::Cost& cost, std::size_t units, Budget::Quantity quantity);

/// Throws `Error` for an unknown quantity, one given twice, a bad number, or a limit that is not positive.
Budget parse_budget(const std::string& text, const graph::Network& original);

/// What removing units leaves of a network, without rewriting: a unit's cost does not depend on the others.
class UnitCosts
{
public:
    explicit UnitCosts(const graph::Network& network);

    const graph::Cost& whole() const { return whole_; }
    const graph::Cost& of(const std::string& unit) const { return by_unit_.at(unit); }
    graph::Cost after(const graph::PruningPlan& plan) const; ///< of a plan that removes units only; no peak activation

private:
    graph::Cost whole_;
    std::map<std::string, graph::Cost> by_unit_;
};

/// Throws `Error` naming the smallest reachable amounts when stem and one unit per stage already exceed the budget.
void check_reachable(const graph::Network& network, const Budget& budget);

/// The error of a budget that even `smallest`, described by `what`, does not meet.
[[noreturn]] void refuse_budget(const Budget& budget, const graph::Network& smallest, const std::string& what);

/// Plans of one method from the largest network (level 0) to the smallest; costs must not rise from level to level.
struct PruningSchedule {
    int levels = 1;
    std::function<graph::PruningPlan(int level)> plan;
};

/// The plan of the first level whose network meets the budget, by bisection.
/// Throws `Error` naming the smallest reachable amounts when the last level does not.
graph::PruningPlan bisect(const graph::Network& network, const PruningSchedule& schedule, const Budget& budget);

} // namespace prunedamr::prune
