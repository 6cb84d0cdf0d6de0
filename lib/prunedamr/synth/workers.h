// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>

namespace prunedamr::synth {

/// Threads that live as long as this object: what a thread keeps for itself (transforms, filter banks) is made
/// once.
class Workers
{
public:
    explicit Workers(int threads); ///< 0: all cores
    ~Workers();

    int threads() const;

    /// Runs `work(thread, index)` for index 0 .. count - 1 and waits; which thread takes which index is left to
    /// chance. The first exception of `work` is thrown again.
    void run(int count, const std::function<void(int thread, int index)>& work);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::synth
