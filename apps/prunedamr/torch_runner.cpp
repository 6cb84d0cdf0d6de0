// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/runner.h"

#include "prunedamr/train/evaluate.h"

namespace prunedamr::tool {

metrics::Runner make_torch_runner(const model::Model& model, int max_batch)
{
    return train::torchscript_runner(model, max_batch);
}

} // namespace prunedamr::tool
