// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte says whether the rest is a run, a plan of a deployment or a matrix of costs.
#include "prunedamr/base/error.h"
#include "prunedamr/metrics/scores.h"
#include "prunedamr/report/deployment.h"
#include "prunedamr/report/run.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    if (size == 0)
        return 0;
    const std::string text(fuzz::text_of(data + 1, size - 1));
    try {
        if (data[0] % 3 == 0) {
            const fuzz::InputFile file(data + 1, size - 1);
            report::read_runs({ file.path() });
        } else if (data[0] % 3 == 1) {
            report::read_deployment(text, "input");
        } else {
            metrics::CostMatrix(text, { "noise", "BPSK", "QPSK" }, "input");
        }
    } catch (const Error&) {
    }
    return 0;
}
