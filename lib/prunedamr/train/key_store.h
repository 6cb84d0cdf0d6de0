// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::train {

/// The keys of a group of processes, over TCP: process 0 serves them. c10d's own TCPStore listens on every interface of
/// the machine; this one on the address alone that the others connect to, so that with a loopback address nobody
/// outside reaches it. Nothing is authenticated. All calls throw `std::exception` when the server is gone, and
/// those that wait when the time is over. One thread at a time.
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

} // namespace prunedamr::train
