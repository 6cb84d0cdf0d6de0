// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <benchmark/benchmark.h>

#include <cstdio>
#include <vector>

namespace prunedamr::benchmarks {

/// Prints as usual and counts what was really measured.
class CountingReporter : public benchmark::ConsoleReporter
{
public:
    CountingReporter() : ConsoleReporter(OO_Tabular) {} // without colours, for logs

    void ReportRuns(const std::vector<Run>& runs) override
    {
        for (const Run& run : runs)
            if (run.run_type == Run::RT_Iteration && !run.error_occurred && run.iterations > 0 &&
                run.real_accumulated_time > 0)
                ++measured_;
        ConsoleReporter::ReportRuns(runs);
    }

    int measured() const { return measured_; }

private:
    int measured_ = 0;
};

/// Runs what is registered; returns the program's exit status, which is a failure when nothing was measured.
inline int run_counting()
{
    CountingReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    if (reporter.measured() == 0)
        std::fprintf(stderr, "nothing was measured\n");
    return reporter.measured() == 0 ? 1 : 0;
}

} // namespace prunedamr::benchmarks
