// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/train/fit.h"
#include "prunedamr/train/process_group.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace at {
class Tensor;
}

namespace prunedamr::train {

/// What of `count` things falls to this process: together all of them, in order of rank, none of them empty if
/// there are at least as many as processes.
struct Slice {
    std::size_t first = 0;
    std::size_t count = 0;
};
Slice slice_of(std::size_t count, const ProcessGroup& processes);

/// This process's part of some indices.
std::vector<std::int64_t> own_indices(const std::vector<std::int64_t>& indices, const ProcessGroup& processes);

/// The gradients of parameters, where they have one, summed over the processes in pieces of a few MiB.
void sum_gradients(const std::vector<at::Tensor>& parameters, const ProcessGroup& processes);

/// The network of process 0 with its weights, whatever is given elsewhere.
graph::Network network_of_rank0(const graph::Network& network, const ProcessGroup& processes);

/// Throws `Error` naming what differs from process 0's run; `fingerprint` as of a checkpoint.
void check_same_run(const nlohmann::json& fingerprint, const ProcessGroup& processes);

/// A file of process 0 that every process can read: there the file itself, elsewhere a copy in memory.
class FileOfRank0
{
public:
    FileOfRank0(const std::string& path, const ProcessGroup& processes);
    ~FileOfRank0();
    FileOfRank0(const FileOfRank0&) = delete;
    FileOfRank0& operator=(const FileOfRank0&) = delete;

    bool exists() const { return exists_; }
    const std::string& path() const { return path_; } ///< to open, while this lives

private:
    std::string path_;
    bool exists_ = false;
    int memory_ = -1;
};

} // namespace prunedamr::train

namespace prunedamr::train {

/// Begins a training run of `config.processes`: network, teacher and the settings of `settings.h` (but the threads)
/// become those of process 0, for which the others wait. False where that one shuts them down instead.
bool join_fit(graph::Network& network, FitConfig& config);

} // namespace prunedamr::train
