// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <benchmark/benchmark.h>

#include <cstdio>
#include <vector>

namespace prunedamr::benchmarks {

/// Whether a run says of itself that it failed: `error_occurred` until 1.7 of the library, `skipped` from 1.8 on.
template <class Run> auto failed(const Run& run, int) -> decltype(static_cast<bool>(run.error_occurred))
{
    return run.error_occurred;
}

template <class Run> auto failed(const Run& run, long) -> decltype(static_cast<bool>(run.skipped))
{
    return static_cast<bool>(run.skipped);
}

/// Prints as usual and counts what was really measured.
class CountingReporter : public benchmark::ConsoleReporter
{
public:
    CountingReporter() : ConsoleReporter(OO_Tabular) {} // without colors, for logs

    void ReportRuns(const std::vector<Run>& runs) override
    {
        for (const Run& run : runs)
            if (run.run_type == Run::RT_Iteration && !failed(run, 0) && run.iterations > 0 &&
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
