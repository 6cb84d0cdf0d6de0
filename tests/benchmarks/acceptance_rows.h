// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The rows that measure_acceptance prints: measuring a made signal, gathering errors, holding them against a limit.

#include "prunedamr/measure/measurer.h"
#include "tests/measure/signals.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace prunedamr;
using namespace prunedamr::measure;
using namespace prunedamr::test;

int trials = 10, rows = 0, passed = 0;
std::string filter;
Measurer* measurer = nullptr;
double cpu_s = 0.0;

const Measurement& measured(const Made& made, Rng& rng, std::uint32_t wanted, bool is_fsk = false)
{
    const Piece piece{ made.samples.data(), made.samples.size() };
    Decision decision;
    decision.pieces = &piece;
    decision.piece_count = 1;
    decision.sample_rate_hz = 1.0;
    decision.center_hz = made.center + rng.uniform(-0.1, 0.1) * made.bandwidth;
    decision.bandwidth_hz = std::min(0.98, made.bandwidth * rng.uniform(0.7, 1.3));
    decision.families = wanted;
    decision.is_fsk_likely = is_fsk;
    const std::clock_t start = std::clock();
    const Measurement& found = measurer->measure(decision);
    cpu_s += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    return found;
}

bool is_wanted(const std::string& row)
{
    return row.find(filter) != std::string::npos;
}

/// Prints one row: what, how it was reached, what is asked, and whether it holds.
void print(const std::string& row, const char* quantity, double reached, const char* asked, bool holds)
{
    ++rows;
    passed += holds;
    std::printf("%-58s %-24s %10.4g  %-12s %s\n", row.c_str(), quantity, reached, asked, holds ? "yes" : "NO");
}

void at_least(const std::string& row, const char* quantity, double reached, double limit)
{
    print(row, quantity, reached, (">= " + std::to_string(limit).substr(0, 6)).c_str(), reached >= limit);
}

void at_most(const std::string& row, const char* quantity, double reached, double limit)
{
    print(row, quantity, reached, ("<= " + std::to_string(limit).substr(0, 7)).c_str(), reached <= limit);
}

/// Errors of what was accepted, and how many of all were.
struct Errors {
    std::vector<double> relative;
    int all = 0, gross = 0, wrong = 0;
    void add(const std::optional<Estimate>& number, double truth, double gross_limit = 0.02)
    {
        ++all;
        if (!number)
            return;
        relative.push_back(std::fabs(number->value / truth - 1.0));
        gross += relative.back() > gross_limit;
    }
    double accepted() const { return static_cast<double>(relative.size()) / std::max(1, all); }
    double gross_fraction() const { return relative.empty() ? 0.0 : static_cast<double>(gross) / relative.size(); }
    double quantile(double q)
    {
        if (relative.empty())
            return 9.0;
        std::sort(relative.begin(), relative.end());
        return relative[std::min(relative.size() - 1, static_cast<std::size_t>(q * relative.size()))];
    }
};

} // namespace
