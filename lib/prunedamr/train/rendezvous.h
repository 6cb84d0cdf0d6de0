// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/key_store.h"
#include "prunedamr/train/process_group.h"

#include <chrono>
#include <string>
#include <vector>

namespace prunedamr::train {

/// First line of a LibTorch error, which has a backtrace below it.
std::string first_line(const std::exception& fault);

/// Where the processes of a group find each other, and say that they are there: a store of keys that process 0
/// serves. What it cannot do throws whatever c10d throws, unless said otherwise.
class Rendezvous
{
public:
    /// Waits for all. Throws `Error` when they do not come or do not belong together.
    explicit Rendezvous(const ProcessPlace& place);

    const c10::intrusive_ptr<KeyStore>& store() const { return store_; }

    /// Each learns who the others are, for messages; all call it.
    void learn_names();

    /// Returns when process 0 has come to the same call, however late.
    void wait_for_rank0();

    /// Returns when all have come to the same call.
    void wait_for_all();

    /// After a failure: who does not report here is lost. Returns the message that says so, the same in all
    /// processes that do; never throws.
    std::string roll_call(const std::string& reason);

private:
    /// c10d also writes to stderr what it throws: while one exists, it does not.
    class QuietLog
    {
    public:
        QuietLog();
        ~QuietLog();
        QuietLog(const QuietLog&) = delete;
        QuietLog& operator=(const QuietLog&) = delete;

    private:
        int before_;
    };

    void join();
    void check_in();
    std::vector<int> missing_at_roll_call();
    std::string named(const std::vector<int>& lost) const;
    std::string get(const std::string& key);
    void set(const std::string& key, const std::string& value);

    ProcessPlace place_;
    std::chrono::milliseconds timeout_;
    QuietLog quiet_;
    c10::intrusive_ptr<KeyStore> store_; // in process 0 also its server
    std::vector<std::string> names_;
    int waits_for_rank0_ = 0; // so far
};

/// "127.0.0.1" of "localhost": the first address of a machine to which there is a route.
/// Throws `Error` when the name is not known or nothing leads there.
std::string numeric_address(const std::string& machine);

/// This machine's own address on the interface that leads to another; throws likewise.
std::string local_address(const std::string& machine);

} // namespace prunedamr::train
