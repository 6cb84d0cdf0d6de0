// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a model costs where it is to work: its mistakes, its energy, the link that updates take and the hours of training, for a
/// year of all receivers, in one unit that the plan's prices are in.
namespace prunedamr::report {

/// The plan, as its file has it; docs/user/deployment.md tells of each key.
struct Deployment {
    struct Candidate {
        std::string model;                           ///< file or name
        std::optional<double> training_hours;        ///< of each update, where it is known
        std::optional<double> millijoules_per_frame; ///< measured on the receivers' own computer
    };
    std::vector<Candidate> candidates;
    std::string base;                   ///< that the receivers run now: updates are differences from it
    std::string data = "synth:onair";
    std::int64_t frames_per_class = 300;
    std::uint64_t seed = 1;
    std::string cost_matrix = "{}";     ///< JSON, as `metrics::read_costs` takes it

    double receivers = 1.0, decisions_per_s = 1.0, frames_per_decision = 8.0, updates_per_year = 0.0;
    double link_bit_per_s = 0.0;        ///< 0: no slow link

    struct Prices {
        double mistake = 0.0;       ///< of a decision whose cost is 1
        double kilowatt_hour = 0.0, link_megabyte = 0.0, training_hour = 0.0;
    } prices;

    struct Limits {
        std::optional<double> latency_us, memory_bytes, update_bytes, update_s;
    } limits;
};

/// Throws `Error` naming the key of a plan that cannot be meant.
Deployment read_deployment(const std::string& json, const std::string& where);

/// What was found out about a candidate on this machine.
struct Measured {
    std::string name, made_by;
    double accuracy = 0.0;   ///< 0..1, of decisions
    double cost = 0.0;       ///< mean, of a decision
    double cost_error = 0.0; ///< standard error of its difference from the base
    double latency_us = 0.0; ///< of a frame
    double memory_bytes = 0.0;
    double update_bytes = 0.0;
    std::optional<double> millijoules_per_frame;
    std::optional<double> training_hours;
};

struct Weighed {
    Measured measured;
    double update_s = 0.0; ///< over the link, for one receiver
    double mistakes = 0.0, link = 0.0;
    std::optional<double> energy, training; ///< none: nothing is known
    double total = 0.0;                     ///< of what is known, a year, all receivers
    std::string over;                       ///< the limits that it does not hold; empty: none
};

Weighed weigh(const Deployment& plan, const Measured& measured);

/// Indices by rising total; those that hold all limits come first.
std::vector<std::size_t> ranked(const std::vector<Weighed>& rows);

/// An HTML page: the plan in a sentence, the table, where the total comes from, and accuracy against total. At least one row.
std::string deployment_page(const Deployment& plan, const std::vector<Weighed>& rows, const std::string& host);

} // namespace prunedamr::report
