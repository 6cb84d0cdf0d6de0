// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/hub/database.h"
#include "prunedamr/hub/store.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::hub {

inline constexpr std::int64_t kNow = 1'800'000'000'000'000; ///< in January 2027
inline constexpr const char* kRun = "0123456789abcdef";

/// What is needed to place a test on SQLite ("sqlite") or on PostgreSQL ("postgres"): a server that this process starts in a
/// folder of its own, as another user where it runs as root. Where there is none the test is skipped, and says why.
class OnDatabase : public ::testing::TestWithParam<const char*>
{
protected:
    void SetUp() override;

    std::unique_ptr<Database> open() const { return open_database(place_); } ///< another connection

    std::string place_;
    std::unique_ptr<Database> database_; ///< with the newest tables

private:
    test::TemporaryFolder folder_;
};

/// What a receiver sends: labels of one run with these numbers, of which the time is kNow and as many seconds.
Received labels(const std::string& receiver, const std::vector<std::int64_t>& seqs, const std::string& label = "QPSK",
                double center_freq_hz = 433.92e6, const std::string& state = "signal");
std::string event_json(std::int64_t seq, const std::string& label, double center_freq_hz, const std::string& state,
                       std::int64_t time_us, const std::string& more = "");
std::string labels_json(const std::string& events);
std::string registration_json(const std::string& name, int sequence, const std::string& hash = std::string(64, 'a'), const std::string& key = "k");

} // namespace prunedamr::hub
