// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/hub/database.h"
#include "prunedamr/hub/message.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace prunedamr::hub {

/// What a receiver said.
struct Received {
    std::string receiver;
    Message message;
    bool is_retained = false; ///< a broker has kept it: it tells nothing of now
};

/// Those that are older are removed. Throws `Error` for what is no time: "12h", "90d".
std::int64_t keep_us(const std::string& text);

/// What is written. Times are microseconds since 1970, UTC; `now_us` is the hub's clock. One thread.
class Store
{
public:
    explicit Store(Database& database) : database_(database) {}

    /// All of it in one transaction. What is there already stays as it is, and the status of who has said nothing else is left
    /// out. Throws as `Database::run` does, and then nothing
    /// of it is written.
    void write(const std::vector<Received>& all, std::int64_t now_us);

    /// Removes some thousand labels, drifts and snippets that are older than `before_us`. False: there are no more. One hub does so at
    /// a time.
    bool remove_old(std::int64_t before_us);

    /// Removes what else is older: roll-outs that have ended, answers, and runs and receivers of which nothing is left.
    void remove_unused(std::int64_t before_us);

    std::int64_t receiver_id(const std::string& name); ///< a new one for a new name; in a transaction

private:
    struct Batch;
    bool is_known(const std::string& receiver);
    std::int64_t run_id(std::int64_t receiver, const std::string& run, std::int64_t now_us);
    void take(Batch& batch, std::int64_t receiver, const Received& one, std::int64_t now_us);

    void lock_numbers();
    void look_for_removals();

    Database& database_;
    std::map<std::string, std::int64_t> receivers_;                        ///< that are committed
    std::map<std::pair<std::int64_t, std::string>, std::int64_t> runs_;    ///< likewise
    std::int64_t removals_ = 0; ///< that are known
};

/// What is asked of labels; none: any.
struct LabelQuery {
    std::optional<std::int64_t> from_us, to_us; ///< from_us <= time < to_us
    std::optional<double> from_hz, to_hz;       ///< of the center frequency
    std::string label, receiver;
    int limit = 200;     ///< 1..2000
    std::string before;  ///< the place that an earlier answer gave, to go on from
};

/// What is read, as JSON for the API. One thread.
class Reader
{
public:
    explicit Reader(Database& database) : database_(database) {}

    nlohmann::json receivers(std::int64_t now_us);
    nlohmann::json labels(const LabelQuery& query); ///< the newest first; {"labels": [...], "before": place or null}
    nlohmann::json who(std::int64_t now_us, int seconds);
    nlohmann::json drift(int limit);
    nlohmann::json snippets(int limit);
    std::optional<std::string> snippet_png(const std::string& receiver, const std::string& id);

    /// False: there is no such snippet.
    bool label_snippet(const std::string& receiver, const std::string& id, const std::string& label,
                       const std::string& author, std::int64_t now_us);

private:
    Rows select_labels(const LabelQuery& query, const std::vector<std::int64_t>* bands);
    std::vector<std::int64_t> bands_between(double from_hz, double to_hz, std::size_t most);

    Database& database_;
};

inline constexpr std::int64_t kSecondUs = 1'000'000;
inline constexpr std::int64_t kSilenceUs = 30 * kSecondUs; ///< after which a receiver is taken for offline
inline constexpr double kBandHz = 100e3;                   ///< of the column `band`

} // namespace prunedamr::hub
