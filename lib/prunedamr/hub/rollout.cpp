// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/rollout.h"
#include "prunedamr/hub/rollout_tables.h"

#include "prunedamr/hub/store.h"
#include "prunedamr/receiver/hub/messages.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace prunedamr::hub {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kLeaseUs = 30 * kSecondUs; ///< after which another hub takes over
constexpr std::int64_t kAgainUs = 60 * kSecondUs; ///< after which a receiver that has not answered is told again
constexpr std::int64_t kSkewUs = 5 * kSecondUs;   ///< between the clocks of hubs
constexpr std::int64_t kArrivalUs = 30 * kSecondUs; ///< in which labels are there, whatever held them up
constexpr double kRisePoints = 0.02, kStandardErrors = 3.0;
constexpr double kLeastLabels = 20.0, kLeastPart = 0.25;

/// Of a receiver or several in some time: all that was said, emissions that were found, those of them with a label (not noise), those
/// that are unknown, and drift alarms.
struct Tally {
    double events = 0.0, found = 0.0, labels = 0.0, unknown = 0.0, drifts = 0.0;

    void operator+=(const Tally& other)
    {
        events += other.events;
        found += other.found;
        labels += other.labels;
        unknown += other.unknown;
        drifts += other.drifts;
    }
};

/// Whether a receiver has lost most of its labels though its spectrum is not silent. Of a silent one it would say so: noise where
/// nothing was found, which has no ratio to it.
bool is_silenced(const Tally& before, const Tally& after)
{
    const bool is_quiet = after.events > 0.0 && after.found < kLeastPart * before.found;
    return before.labels >= kLeastLabels && after.labels < kLeastPart * before.labels && !is_quiet;
}

std::string percent(double part)
{
    const auto tenths = static_cast<int>(std::lround(1000.0 * part));
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

/// Why the time after is worse than the same time before; empty: it is not.
std::string compared(const Tally& before, const Tally& after)
{
    if (after.drifts > before.drifts)
        return std::to_string(std::lround(after.drifts)) + " drift alarms since the update, " + std::to_string(std::lround(before.drifts)) +
               " in the same time before";
    if (before.labels < kLeastLabels || after.labels < kLeastLabels)
        return "";
    const double rate_before = before.unknown / before.labels, rate_after = after.unknown / after.labels;
    const double pooled = (before.unknown + after.unknown) / (before.labels + after.labels);
    const double error = std::sqrt(pooled * (1.0 - pooled) * (1.0 / before.labels + 1.0 / after.labels));
    if (rate_after - rate_before <= std::max(kRisePoints, kStandardErrors * error))
        return "";
    return percent(rate_after) + " of the labels are unknown since the update, " + percent(rate_before) + " before";
}

} // namespace

struct RolloutDriver::Member {
    std::int64_t id = 0;
    std::string name;
    std::int64_t stage = 0;
    std::string state;
    std::int64_t first_us = 0, sent_us = 0, answer_us = 0;
    std::string why;
    std::int64_t registered_us = 0, sequence = -1; ///< by its registration
    std::string hash;
    bool is_changed = false, is_told = false; ///< in this step

    bool has_failed() const { return state == "refused" || state == "returned" || state == "silent"; }

    void become(const std::string& next, const std::string& reason = "")
    {
        state = next;
        why = reason;
        is_changed = true;
    }
};

struct RolloutDriver::Rollout {
    std::int64_t id = 0;
    std::string update, state, next_state, why;
    Plan plan;
    std::int64_t stage = 0, sequence = 0;
    std::string base, updated;
    std::vector<Member> members;
    std::vector<std::string> lines; ///< for the log

    bool runs_it(const Member& member) const
    {
        return member.sequence == sequence && (member.hash.size() != 64 || member.hash == updated);
    }
};

void RolloutDriver::step(std::int64_t now_us)
{
    for (const Row& row : database_.run("SELECT id FROM rollouts WHERE state IN ('running', 'returning') ORDER BY id")) {
        Rollout rollout;
        rollout.id = integer(row[0]);
        if (!claim(rollout, now_us))
            continue;
        load(rollout);
        hear(rollout, now_us);
        if (rollout.state == "running")
            move_on(rollout, now_us);
        else
            go_back(rollout, now_us);
        if (!save(rollout, now_us))
            continue;
        std::string bytes; // what is told stands in the database before, so that no other hub says it too
        for (const Member& member : rollout.members) {
            if (!member.is_told)
                continue;
            if (rollout.state == "running" && bytes.empty())
                bytes = text(database_.run("SELECT bytes FROM updates WHERE sha256 = $1", { rollout.update }).at(0)[0]);
            send_(member.name, rollout.state == "running" ? "update" : "return",
                  rollout.state == "running" ? bytes : receiver::hub::return_json(rollout.update));
        }
    }
}

bool RolloutDriver::claim(Rollout& rollout, std::int64_t now_us)
{
    const Rows claimed = database_.run("UPDATE rollouts SET owner = $1, lease_us = $2 WHERE id = $3 AND state IN ('running', 'returning') AND "
                                       "(owner = $1 OR lease_us < $4) RETURNING sha256, plan, state, stage",
                                       { owner_, now_us + kLeaseUs, rollout.id, now_us });
    if (claimed.empty())
        return false;
    const Row& row = claimed[0];
    rollout.update = text(row[0]);
    rollout.plan = read_plan(text(row[1]));
    rollout.state = rollout.next_state = text(row[2]);
    rollout.stage = integer(row[3]);
    const Row update = database_.run("SELECT sequence, base, updated FROM updates WHERE sha256 = $1", { rollout.update }).at(0);
    rollout.sequence = integer(update[0]);
    rollout.base = text(update[1]);
    rollout.updated = text(update[2]);
    return true;
}

void RolloutDriver::load(Rollout& rollout)
{
    for (const Row& row : database_.run("SELECT m.receiver, r.name, m.stage, m.state, m.first_us, m.sent_us, m.answer_us, m.why, r.registration, r.registered_us "
                                        "FROM rollout_receivers m JOIN receivers r ON r.id = m.receiver WHERE m.rollout = $1 ORDER BY m.place",
                                        { rollout.id })) {
        const Json registration = Json::parse(text(row[8]), nullptr, false);
        Member member;
        member.id = integer(row[0]);
        member.name = text(row[1]);
        member.stage = integer(row[2]);
        member.state = text(row[3]);
        member.first_us = integer(row[4]);
        member.sent_us = integer(row[5]);
        member.answer_us = integer(row[6]);
        member.why = text(row[7]);
        if (registration.is_object() && registration.contains("sequence") && registration["sequence"].is_number_integer())
            member.sequence = registration["sequence"];
        member.hash = model_hash(registration);
        member.registered_us = integer(row[9]);
        rollout.members.push_back(std::move(member));
    }
}

/// An answer may be lost with a hub that dies: a receiver's registration says the same. That of before the hub told it to go back says
/// nothing of it.
void RolloutDriver::hear(Rollout& rollout, std::int64_t now_us)
{
    std::map<std::int64_t, Row> last;
    for (Row& row : database_.run("SELECT receiver, result, why, time_us FROM answers WHERE sha256 = $1 ORDER BY time_us", { rollout.update }))
        last[integer(row[0])] = row;
    for (Member& member : rollout.members) {
        const auto found = last.find(member.id);
        const bool has_answered = found != last.end() && integer(found->second[3]) >= member.first_us - kSkewUs;
        const std::string result = has_answered ? text(found->second[1]) : "", why = has_answered ? text(found->second[2]) : "";
        const bool is_taken = result == "taken" || result == "kept" || (result != "returned" && rollout.runs_it(member));
        if (member.state == "sent" && is_taken) {
            member.answer_us = result == "taken" || result == "kept" ? integer(found->second[3]) : now_us;
            member.become("taken");
        } else if (member.state == "sent" && result == "refused") {
            member.become("refused", why);
        } else if ((member.state == "sent" || member.state == "taken") && result == "returned") {
            member.become("returned", why);
        } else if (member.state == "returning" &&
                   (result == "returned" || (member.registered_us > member.first_us && member.hash == rollout.base))) {
            member.become("returned");
        } else if (member.state == "returning" && result == "refused") {
            member.become("refused", why);
        } else if ((member.state == "sent" || member.state == "returning") &&
                   now_us - member.first_us >= rollout.plan.answer_s * kSecondUs) {
            member.become("silent", "no answer in " + std::to_string(rollout.plan.answer_s) + " s");
        } else if ((member.state == "sent" || member.state == "returning") && now_us - member.sent_us >= kAgainUs) {
            member.sent_us = now_us;
            member.is_changed = member.is_told = true;
        }
    }
}

void RolloutDriver::move_on(Rollout& rollout, std::int64_t now_us)
{
    std::string failure;
    for (const Member& member : rollout.members)
        if (failure.empty() && member.has_failed())
            failure = member.name + ": " + member.state + (member.why.empty() ? "" : ": " + member.why);
    bool is_complete = true;
    std::int64_t since_us = 0;
    for (Member& member : rollout.members) {
        if (!failure.empty() || member.stage != rollout.stage)
            continue;
        if (member.state == "waiting") {
            member.become("sent");
            member.first_us = member.sent_us = now_us;
            member.is_told = true;
        }
        is_complete = is_complete && (member.state == "taken" || member.state == "out");
        since_us = std::max(since_us, member.state == "taken" ? member.answer_us : 0);
    }
    bool is_watched = is_complete && now_us >= since_us + rollout.plan.watch_s * kSecondUs;
    if (failure.empty() && is_watched && since_us > 0) {
        const auto verdict = judge(rollout, since_us, now_us);
        is_watched = verdict.has_value();
        failure = verdict.value_or("");
    }
    if (!failure.empty()) {
        rollout.next_state = rollout.plan.returns_on_failure ? "returning" : "paused";
        rollout.why = failure;
        rollout.lines.push_back(rollout.next_state + ": " + failure);
        for (Member& member : rollout.members)
            member.is_told = false;
    } else if (is_watched) {
        rollout.lines.push_back("stage " + std::to_string(rollout.stage + 1) + " is over");
        ++rollout.stage;
        if (rollout.stage >= static_cast<std::int64_t>(rollout.plan.stages.size())) {
            rollout.stage = static_cast<std::int64_t>(rollout.plan.stages.size()) - 1;
            rollout.next_state = "done";
            rollout.lines.push_back("done");
        }
    }
}

void RolloutDriver::go_back(Rollout& rollout, std::int64_t now_us)
{
    bool is_complete = true;
    for (Member& member : rollout.members) {
        const bool may_run_it = member.state == "taken" || member.state == "sent" || (member.state == "silent" && member.answer_us == 0);
        if (may_run_it) {
            member.become("returning");
            member.first_us = member.sent_us = now_us;
            member.answer_us = now_us; // one that does not answer is silent for good
            member.is_told = true;
        } else if (member.state == "waiting") {
            member.become("out");
        }
        is_complete = is_complete && member.state != "returning";
    }
    if (is_complete) {
        rollout.next_state = "returned";
        const auto silent = std::count_if(rollout.members.begin(), rollout.members.end(), [](const Member& one) { return one.state == "silent"; });
        rollout.lines.push_back(silent ? "returned, but for " + std::to_string(silent) + " that did not answer" : "returned");
    }
}

/// Why the update fails; empty: it does not; none: too early to tell.
std::optional<std::string> RolloutDriver::judge(const Rollout& rollout, std::int64_t since_us, std::int64_t now_us)
{
    Tally before, after;
    const std::int64_t span = now_us - since_us;
    const auto tally = [&](std::int64_t receiver, std::int64_t from_us) {
        const std::vector<Value> values{ receiver, from_us, from_us + span };
        const Row labels = database_
                               .run("SELECT count(*), coalesce(sum(CASE WHEN state <> 'noise' OR snr_db IS NOT NULL THEN 1 ELSE 0 END), 0), "
                                    "coalesce(sum(CASE WHEN state <> 'noise' THEN 1 ELSE 0 END), 0), "
                                    "coalesce(sum(CASE WHEN state = 'unknown' THEN 1 ELSE 0 END), 0) FROM labels WHERE "
                                    "receiver = $1 AND time_us >= $2 AND time_us < $3",
                                    values)
                               .at(0);
        const double drifts = number(
            database_.run("SELECT count(*) FROM drift WHERE receiver = $1 AND time_us >= $2 AND time_us < $3", values).at(0)[0]);
        return Tally{ number(labels[0]), number(labels[1]), number(labels[2]), number(labels[3]), drifts };
    };
    for (const Member& member : rollout.members) {
        if (member.stage != rollout.stage || member.state != "taken")
            continue;
        const Tally own_before = tally(member.id, member.first_us - span), own_after = tally(member.id, since_us);
        if (is_silenced(own_before, own_after) && span < kArrivalUs)
            return std::nullopt;
        if (is_silenced(own_before, own_after))
            return member.name + ": " + std::to_string(std::lround(own_after.labels)) + " labels since the update, " +
                   std::to_string(std::lround(own_before.labels)) + " in the same time before, and its spectrum is not silent";
        before += own_before;
        after += own_after;
    }
    return compared(before, after);
}

/// False: somebody has paused it meanwhile, or another hub has it; then nothing of this step counts.
bool RolloutDriver::save(Rollout& rollout, std::int64_t now_us)
{
    bool is_ours = false;
    database_.transact([&] {
        is_ours = !database_
                       .run("UPDATE rollouts SET state = $1, stage = $2, why = CASE WHEN $3 = '' THEN why ELSE $3 END WHERE id = $4 AND "
                            "state = $5 AND owner = $6 RETURNING id",
                            { rollout.next_state, rollout.stage, rollout.why, rollout.id, rollout.state, owner_ })
                       .empty();
        for (const Member& member : rollout.members)
            if (is_ours && member.is_changed)
                database_.run("UPDATE rollout_receivers SET state = $1, first_us = $2, sent_us = $3, answer_us = $4, why = $5 WHERE "
                              "rollout = $6 AND receiver = $7",
                              { member.state, member.first_us, member.sent_us, member.answer_us, member.why, rollout.id, member.id });
        for (const std::string& line : rollout.lines)
            if (is_ours)
                log(database_, rollout.id, line, now_us);
    });
    return is_ours;
}

} // namespace prunedamr::hub
