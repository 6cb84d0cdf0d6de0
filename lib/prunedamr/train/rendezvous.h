// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/process_group.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

namespace prunedamr::train {

/// The keys of a group of processes, over TCP: process 0 serves them. c10d's own TCPStore listens on every
/// interface of the machine; this one on the address alone that the others connect to, so that with a loopback
/// address nobody outside reaches it. Nothing is authenticated. All calls throw `std::exception` when the server is
/// gone, and those that wait when the time is over. One thread at a time.
class KeyStore : public c10d::Store
{
public:
    using Duration = std::chrono::milliseconds;

    /// `address`: numeric. Process 0 serves; the others try to connect for as long as `timeout`, which is also what
    /// `get` and `wait` wait. Throws `std::exception` naming what failed.
    KeyStore(const std::string& address, std::uint16_t port, bool serves, Duration timeout);
    ~KeyStore() override;

    void set(const std::string& key, const std::vector<std::uint8_t>& value) override;
    std::vector<std::uint8_t> compareSet(const std::string& key, const std::vector<std::uint8_t>& expected,
                                         const std::vector<std::uint8_t>& desired) override;
    std::vector<std::uint8_t> get(const std::string& key) override; ///< waits until it is set
    std::int64_t add(const std::string& key, std::int64_t value) override;
    bool deleteKey(const std::string& key) override;
    bool check(const std::vector<std::string>& keys) override;
    std::int64_t getNumKeys() override;
    void wait(const std::vector<std::string>& keys) override;
    void wait(const std::vector<std::string>& keys, const Duration& timeout) override;

private:
    class Server;
    using Words = std::vector<std::string>;
    Words ask(const Words& request);

    std::unique_ptr<Server> server_; ///< in process 0
    int socket_ = -1;
};

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
