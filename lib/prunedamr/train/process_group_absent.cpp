// SPDX-License-Identifier: GPL-3.0-or-later
// In place of process_group.cpp where LibTorch comes without c10d or Gloo.
#include "prunedamr/train/process_group.h"

namespace prunedamr::train {

struct ProcessGroup::Impl {
};

ProcessGroup::ProcessGroup(const ProcessPlace& place)
{
    if (place.size > 1)
        throw Error({ "this build trains in one process only", "WORLD_SIZE", std::to_string(place.size),
                      "a LibTorch with Gloo (on Debian also libgloo-dev) when it is built" });
}

int ProcessGroup::rank() const
{
    return 0;
}

int ProcessGroup::size() const
{
    return 1;
}

void ProcessGroup::sum(const std::vector<at::Tensor>&) const {}

double ProcessGroup::sum(double value) const
{
    return value;
}

void ProcessGroup::broadcast(std::string&) const {}

void ProcessGroup::finish() const {}

} // namespace prunedamr::train
