// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/judge_training.h"

#include "prunedamr/base/file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/detect/choice.h"
#include "prunedamr/metrics/boosted_trees.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ostream>

namespace prunedamr::metrics {
namespace {

using detect::Proposal;

constexpr std::uint32_t kMagic = 0x33454a50; // PJE3
constexpr float kWrong = 0.01f;
constexpr float kLasting = 5.0f;   // further times that a row counts that lasts the epoch: bursts are many
constexpr float kHopeless = -4.0f; // log-odds below which nothing is judged again
constexpr double kLeastPart = 0.5; // of an emission that an epoch must hold for it to count there
constexpr double kHeld = 0.5;
constexpr double kWrongBox = 0.3, kRightBand = 0.4, kRightTime = 0.6; // in common; what is right has so much more

struct Header {
    std::uint32_t magic, features, emissions, proposals;
    std::uint64_t scene;
    double rate_hz, samples;
};

struct StoredEmission {
    double start, end, low, high, level, core;
    char label[16];
};

template <typename T> void write_value(std::ostream& out, const T& value)
{
    out.write(reinterpret_cast<const char*>(&value), sizeof value);
}

class Reader
{
public:
    Reader(const std::string& bytes, const std::string& path) : bytes_(bytes), path_(path) {}
    bool more() const { return at_ < bytes_.size(); }

    template <typename T> T take()
    {
        T value;
        if (bytes_.size() - at_ < sizeof value)
            throw Error({ "file ends early", path_, std::to_string(bytes_.size()) + " bytes", "whole epochs" });
        std::memcpy(static_cast<void*>(&value), bytes_.data() + at_, sizeof value);
        at_ += sizeof value;
        return value;
    }

private:
    const std::string& bytes_;
    const std::string& path_;
    std::size_t at_ = 0;
};

bool is_held_back(const JudgeEpoch& epoch, int of)
{
    return of > 0 && epoch.scene % static_cast<std::uint64_t>(of) == 0;
}

EmissionBox within(EmissionBox emission, const JudgeEpoch& epoch)
{
    emission.start_s = std::max(emission.start_s, 0.0);
    emission.end_s = std::min(emission.end_s, epoch.samples);
    return emission;
}

EmissionBox box_of(const Proposal& p)
{
    return { p.start, p.end, p.low, p.high, {}, p.score };
}

struct Rows {
    std::vector<float> values, targets, weights;

    void add(const Proposal& p, const JudgeEpoch& epoch, float right, float weight, int features)
    {
        targets.push_back(right);
        weights.push_back(weight * (1.0f + kLasting * float(std::min(1.0, p.duration() / epoch.samples))));
        for (int f = 0; f < features; ++f)
            values.push_back(std::isfinite(p.features[f]) ? p.features[f] : 0.0f);
    }
};

using Targets = std::vector<std::vector<float>>;

template <typename Use>
Rows rows_of(const std::vector<JudgeEpoch>& epochs, const Targets& targets, int features, double keep,
             const Use& use)
{
    Rows rows;
    Rng rng(1);
    for (std::size_t e = 0; e < epochs.size(); ++e)
        for (std::size_t i = 0; i < epochs[e].proposals.size(); ++i) {
            const float right = targets[e][i];
            const bool wrong = right < kWrong;
            if (!use(epochs[e], epochs[e].proposals[i]) || (wrong && !rng.chance(keep)))
                continue;
            rows.add(epochs[e].proposals[i], epochs[e], right, wrong ? float(1.0 / keep) : 1.0f, features);
        }
    return rows;
}

void judge_again(JudgeEpoch& epoch, const detect::BoostedTrees& first, detect::Choice& choice)
{
    for (Proposal& p : epoch.proposals)
        p.score = first.score(p.features.data());
    choice.describe_rivals(epoch.proposals.data(), static_cast<int>(epoch.proposals.size()));
}

int most_proposals(const std::vector<JudgeEpoch>& epochs)
{
    std::size_t most = 1;
    for (const auto& epoch : epochs)
        most = std::max(most, epoch.proposals.size());
    return static_cast<int>(most);
}

} // namespace

void write_epoch(std::ostream& out, const JudgeEpoch& epoch)
{
    write_value(out, Header{ kMagic, detect::kFeatures, static_cast<std::uint32_t>(epoch.emissions.size()),
                             static_cast<std::uint32_t>(epoch.proposals.size()), epoch.scene, epoch.rate_hz,
                             epoch.samples });
    for (const auto& e : epoch.emissions) {
        StoredEmission stored{ e.start_s, e.end_s, e.low_hz, e.high_hz, e.score, e.core_hz, {} };
        std::strncpy(stored.label, e.label.c_str(), sizeof stored.label - 1);
        write_value(out, stored);
    }
    for (const auto& p : epoch.proposals)
        write_value(out, p);
}

std::vector<JudgeEpoch> read_epochs(const std::string& path)
{
    const std::string bytes = read_file(path);
    Reader reader(bytes, path);
    std::vector<JudgeEpoch> epochs;
    while (reader.more()) {
        const auto header = reader.take<Header>();
        if (header.magic != kMagic || header.features != detect::kFeatures)
            throw Error({ "not what a judge learns from", path,
                          header.magic != kMagic ? "another kind of file" : std::to_string(header.features) + " features",
                          "epochs of " + std::to_string(detect::kFeatures) + " features" });
        auto& epoch = epochs.emplace_back();
        epoch.scene = header.scene;
        epoch.rate_hz = header.rate_hz;
        epoch.samples = header.samples;
        for (std::uint32_t i = 0; i < header.emissions; ++i) {
            auto e = reader.take<StoredEmission>();
            e.label[sizeof e.label - 1] = 0;
            epoch.emissions.push_back({ e.start, e.end, e.low, e.high, e.label, e.level, e.core });
        }
        for (std::uint32_t i = 0; i < header.proposals; ++i)
            epoch.proposals.push_back(reader.take<Proposal>());
    }
    return epochs;
}

float rightness(const Proposal& proposal, const JudgeEpoch& epoch)
{
    const EmissionBox box = box_of(proposal);
    double best = 0.0;
    int held = 0;
    for (const auto& whole : epoch.emissions) {
        const EmissionBox emission = within(whole, epoch);
        const double time = time_overlap(emission, box);
        if (emission.start_s >= emission.end_s || time <= 0.0)
            continue;
        const double band = is_loose(emission) && same_band(emission, box) ? 1.0 : band_overlap(emission, box);
        best = std::max(best, std::min((band - kWrongBox) / kRightBand, (time - kWrongBox) / kRightTime));
        held += common_area(emission, box) > kHeld * area(emission);
    }
    return held > 1 ? 0.0f : static_cast<float>(std::clamp(best, 0.0, 1.0));
}

detect::Judge train_judge(std::vector<JudgeEpoch>& epochs, const JudgeTrainingConfig& config,
                          const std::function<void(const std::string&)>& log)
{
    BoostingConfig boosting;
    boosting.trees = config.trees;
    boosting.depth = config.depth;
    Targets targets;
    for (const auto& epoch : epochs) {
        auto& right = targets.emplace_back();
        for (const auto& p : epoch.proposals)
            right.push_back(rightness(p, epoch));
    }
    const auto fit = [&](const Rows& rows, int features, const char* what) {
        log(fmt::format("{}: {} rows", what, rows.targets.size()));
        if (std::none_of(rows.targets.begin(), rows.targets.end(), [](float right) { return right >= kWrong; }))
            throw InvalidArgument({ "too little to learn from", what,
                                    fmt::format("{} proposals, none of them right", rows.targets.size()),
                                    "epochs of more scenes" });
        auto trees = fit_boosted_trees(rows.values, features, rows.targets, rows.weights, boosting,
                                       [&](int tree, double loss) {
                                           if (tree % 100 == 0 || tree == config.trees - 1)
                                               log(fmt::format("tree {}: loss {:.4f}", tree, loss));
                                       });
        return trees;
    };
    const auto fold = [](const JudgeEpoch& e) { return static_cast<int>(e.scene / 2 % 2); };
    const auto used = [&](const JudgeEpoch& e) { return !is_held_back(e, config.held_back); };
    detect::Choice choice(most_proposals(epochs));
    for (int half = 0; half < 2; ++half) {
        const auto other =
            fit(rows_of(epochs, targets, detect::kOwnFeatures, config.keep,
                        [&](const JudgeEpoch& e, const Proposal&) { return used(e) && fold(e) != half; }),
                detect::kOwnFeatures, "first judgment, of a half");
        for (auto& epoch : epochs)
            if (used(epoch) && fold(epoch) == half)
                judge_again(epoch, other, choice);
    }
    auto second =
        fit(rows_of(epochs, targets, detect::kFeatures, 0.5,
                    [&](const JudgeEpoch& e, const Proposal& p) { return used(e) && p.score > kHopeless; }),
            detect::kFeatures, "second judgment");
    auto first = fit(rows_of(epochs, targets, detect::kOwnFeatures, config.keep,
                             [&](const JudgeEpoch& e, const Proposal&) { return used(e); }),
                     detect::kOwnFeatures, "first judgment");
    return { std::move(first), std::move(second) };
}

DetectionScores score_judge(const detect::Judge& judge, std::vector<JudgeEpoch>& epochs, int held_back,
                            float min_score)
{
    DetectionScores scores;
    detect::Choice choice(most_proposals(epochs));
    for (auto& epoch : epochs) {
        if (held_back > 0 && !is_held_back(epoch, held_back))
            continue;
        for (Proposal& p : epoch.proposals)
            p.score = judge.score(p);
        const int count = static_cast<int>(epoch.proposals.size());
        choice.describe_rivals(epoch.proposals.data(), count);
        for (Proposal& p : epoch.proposals)
            p.score = judge.score_beside_rivals(p);
        const int chosen = choice.choose(epoch.proposals.data(), count, min_score);
        const auto scaled = [&](EmissionBox box) {
            for (double* s : { &box.start_s, &box.end_s })
                *s /= epoch.rate_hz;
            for (double* f : { &box.low_hz, &box.high_hz, &box.core_hz })
                *f *= epoch.rate_hz;
            return box;
        };
        std::vector<EmissionBox> truth, reports;
        for (const auto& emission : epoch.emissions) {
            const EmissionBox here = within(emission, epoch);
            const double part = (here.end_s - here.start_s) / (emission.end_s - emission.start_s);
            if (part > kLeastPart || here.end_s - here.start_s > 0.2 * epoch.samples)
                truth.push_back(scaled(here));
        }
        for (int i = 0; i < chosen; ++i)
            reports.push_back(scaled(box_of(epoch.proposals[choice.chosen()[i]])));
        scores.add(score_detections(truth, reports, epoch.samples / epoch.rate_hz));
    }
    return scores;
}

} // namespace prunedamr::metrics
