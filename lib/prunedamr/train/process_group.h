// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/base/error.h"

#include <memory>
#include <string>
#include <vector>

namespace at {
class Tensor;
} // namespace at

namespace prunedamr::train {

/// Where a process stands among those that train together.
struct ProcessPlace {
    int rank = 0;            ///< 0..size-1; process 0 leads
    int size = 1;            ///< 1: no others
    std::string address;     ///< of the machine of process 0, as every other machine reaches it
    int port = 0;            ///< there, 1..65535, free
    double timeout_s = 30.0; ///< 0.1..86400, without an answer before a process counts as lost; ten times to gather
};

/// From RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun sets them (none set: one process by itself), and
/// PRUNEDAMR_PROCESS_TIMEOUT_S. Throws `Error` naming the variable that is missing or wrong.
PRUNEDAMR_API ProcessPlace process_place_from_environment();

/// Other processes are gone or do not answer: the message says which.
class PRUNEDAMR_API LostProcess : public Error
{
public:
    using Error::Error;
};

/// Processes that train together over LibTorch's c10d and Gloo. Every process calls the same operations in the same
/// order; each returns when its result is there, or throws `LostProcess`. By default a process by itself, for which
/// they do nothing. Copies are the same group; one thread at a time.
class PRUNEDAMR_API ProcessGroup
{
public:
    ProcessGroup() = default;

    /// Waits until all have come. Throws `Error` when they do not, when the port is taken, when two have the same
    /// rank or another size, or when LibTorch was built without Gloo and `place.size` is not 1.
    explicit ProcessGroup(const ProcessPlace& place);

    int rank() const;
    int size() const;
    bool is_rank0() const { return rank() == 0; }

    /// Replaces each tensor (of equal shapes in all processes, any device) by its sum over the processes, the same
    /// bits in each of them.
    void sum(const std::vector<at::Tensor>& tensors) const;
    double sum(double value) const;
    bool any(bool value) const { return sum(value ? 1.0 : 0.0) > 0.0; }

    /// Replaces `bytes` by those of process 0, for which the others wait as long as it lives.
    void broadcast(std::string& bytes) const;

    /// Returns when all have come here, so that none ends while another still reads from it.
    void finish() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace prunedamr::train
