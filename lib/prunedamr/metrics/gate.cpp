// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/gate.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/metrics/calibration.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/model/logits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_map>

namespace prunedamr::metrics {
namespace {

constexpr std::int64_t kFewGroups = 5; // whose spread says nothing of the error

using model::kNoiseFamily;
using model::kUnknownLabel;

int place_of(const std::vector<std::string>& names, const std::string& name)
{
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

/// The chance that a normal variable exceeds z.
double above(double z)
{
    return 0.5 * std::erfc(z / std::sqrt(2.0));
}

/// z that a normal variable exceeds with this chance, by bisection.
double normal_quantile(double chance)
{
    double low = -40.0, high = 40.0;
    for (int i = 0; i < 200; ++i)
        (above((low + high) / 2) > chance ? low : high) = (low + high) / 2;
    return (low + high) / 2;
}

/// The chance of `successes` or more of `count` fair coins.
double coin_tail(int successes, int count)
{
    double sum = 0.0;
    for (int k = successes; k <= count; ++k)
        sum += std::exp(std::lgamma(count + 1.0) - std::lgamma(k + 1.0) - std::lgamma(count - k + 1.0) -
                        count * std::log(2.0));
    return std::min(1.0, sum);
}

/// A mean over decisions and its error over groups (a ratio estimate, as in `PairedComparison`).
struct Mean {
    double value = 0.0, error = 0.0;
    std::int64_t count = 0, groups = 0;
};

using Value = std::function<double(const Answer&)>;
using Choice = std::function<bool(const Answer&)>;

Mean mean_of(const std::vector<Answer>& decisions, const Value& value, const Choice& counts = {})
{
    struct Sum {
        double value = 0.0;
        std::int64_t count = 0;
    };
    std::unordered_map<std::int64_t, Sum> groups;
    Mean mean;
    for (const Answer& one : decisions) {
        if (counts && !counts(one))
            continue;
        Sum& sum = groups[one.group];
        sum.value += value(one);
        ++sum.count;
        mean.value += value(one);
        ++mean.count;
    }
    mean.groups = static_cast<std::int64_t>(groups.size());
    if (mean.count == 0)
        return mean;
    mean.value /= static_cast<double>(mean.count);
    double squares = 0.0;
    for (const auto& [group, sum] : groups) {
        const double excess = sum.value - mean.value * static_cast<double>(sum.count);
        squares += excess * excess;
    }
    // One group alone says nothing of the error.
    mean.error = mean.groups > 1 ? std::sqrt(squares * static_cast<double>(mean.groups) /
                                             static_cast<double>(mean.groups - 1)) / static_cast<double>(mean.count)
                                 : 1.0;
    return mean;
}

double loss(const Answer& one)
{
    return (one.before == one.truth) - (one.after == one.truth);
}

std::vector<int> decided(const Opinion& opinion, const std::vector<std::string>& names)
{
    const model::LogitReader reader(opinion.info);
    const Evaluation& all = opinion.evaluation;
    std::vector<int> results;
    std::vector<double> one(reader.classes()), mean(reader.classes());
    for (std::size_t first = 0, end = 0; first < all.labels.size(); first = end) {
        std::fill(mean.begin(), mean.end(), 0.0);
        double score = 0.0;
        for (end = first; end < all.labels.size() && end < first + kDecisionFrames && all.groups[end] == all.groups[first]; ++end) {
            reader.probabilities(all.logits.row(end), one.data());
            for (std::size_t c = 0; c < one.size(); ++c)
                mean[c] += one[c];
            score += reader.unknown_score(all.logits.row(end));
        }
        const auto count = static_cast<double>(end - first);
        for (double& probability : mean)
            probability /= count;
        const std::size_t label = reader.decide(mean.data(), score / count);
        const bool is_sure = label != model::LogitReader::kUnknown && mean[label] >= opinion.info.decision.min_confidence;
        results.push_back(place_of(names, is_sure ? opinion.info.labels[label] : kUnknownLabel));
    }
    return results;
}

std::string points(double fraction)
{
    return fmt::format("{:+.2f}", 100.0 * fraction);
}

/// A name in a matrix of costs that nobody has is a slip.
void require_known(const std::string& name, const std::vector<const JointAnswers*>& all)
{
    for (const JointAnswers* joint : all)
        if (place_of(joint->names, name) >= 0)
            return;
    throw Error({ "cost of a class that neither data nor models have", "--cost-matrix", name, all.empty() ? "" : fmt::format("{}", fmt::join(all.front()->names, ", ")) });
}

/// The labels of an evaluation as places in the model's own labels; those of other classes are left out.
Evaluation in_own_labels(const Opinion& opinion)
{
    Evaluation own;
    own.class_names = opinion.info.labels;
    own.logits.classes = opinion.evaluation.logits.classes;
    for (std::size_t i = 0; i < opinion.evaluation.labels.size(); ++i) {
        const auto& name = opinion.evaluation.class_names[static_cast<std::size_t>(opinion.evaluation.labels[i])];
        const int label = place_of(opinion.info.labels, name);
        if (label < 0)
            continue;
        const float* row = opinion.evaluation.logits.row(i);
        own.labels.push_back(label);
        own.logits.values.insert(own.logits.values.end(), row, row + own.logits.classes);
    }
    return own;
}

} // namespace

JointAnswers join(const Opinion& before, const Opinion& after)
{
    JointAnswers joint;
    const Evaluation& data = after.evaluation;
    PRUNEDAMR_CHECK(data.groups == before.evaluation.groups && data.labels == before.evaluation.labels, "of the same frames");
    for (const auto* list : { &data.class_names, &after.info.labels, &before.info.labels })
        for (const std::string& name : *list)
            if (place_of(joint.names, name) < 0)
                joint.names.push_back(name);
    if (place_of(joint.names, kUnknownLabel) < 0)
        joint.names.push_back(kUnknownLabel);
    for (const std::string& name : joint.names)
        joint.families.push_back(model::family_of(name));
    const auto first = decided(before, joint.names), second = decided(after, joint.names);
    std::size_t next = 0, frames = 0;
    for (std::size_t i = 0; i < data.labels.size(); ++i) {
        const bool begins = frames == 0 || frames == kDecisionFrames || data.groups[i] != data.groups[i - 1];
        frames = begins ? 1 : frames + 1;
        if (!begins)
            continue;
        const std::string& truth = data.class_names[static_cast<std::size_t>(data.labels[i])];
        if (truth != kUnknownLabel && place_of(after.info.labels, truth) < 0)
            throw Error({ "the new model does not know a class of the data", after.info.name, truth, "" });
        joint.decisions.push_back({ place_of(joint.names, truth), first[next], second[next], data.groups[i] });
        ++next;
    }
    return joint;
}

GateCheck check_better(const JointAnswers& captures, const GateConfig& config)
{
    std::unordered_map<std::int64_t, double> change;
    for (const Answer& one : captures.decisions)
        change[one.group] -= loss(one);
    int won = 0, lost = 0;
    for (const auto& [group, sum] : change)
        (sum > 0.0 ? won : lost) += sum != 0.0;
    const double chance = coin_tail(won, won + lost);
    const Mean before = mean_of(captures.decisions, [](const Answer& one) { return one.before == one.truth; });
    const Mean after = mean_of(captures.decisions, [](const Answer& one) { return one.after == one.truth; });
    GateCheck check{ "better on new captures", won + lost > 0 && chance <= config.alpha && after.value > before.value, "", {} };
    check.text = fmt::format("{:.1f} % right, before {:.1f} %; of {} emissions {} won, {} lost, by chance {:.2g}",
                             100 * after.value, 100 * before.value, change.size(), won, lost, chance);
    check.numbers = { { "accuracy", after.value }, { "accuracy_before", before.value }, { "emissions", change.size() },
                      { "won", won },              { "lost", lost },                    { "p", chance } };
    return check;
}

GateCheck check_accuracy(const JointAnswers& old, const GateConfig& config)
{
    const Mean lost = mean_of(old.decisions, loss);
    const double bound = lost.value + normal_quantile(config.alpha) * lost.error;
    GateCheck check{ "as good on old data", lost.groups > 0 && bound <= config.margin, "", {} };
    check.text = fmt::format("{} points, standard error {:.2f}: at worst {} of {} allowed ({} decisions of {} emissions)",
                             points(-lost.value), 100 * lost.error, points(-bound), points(-config.margin), lost.count, lost.groups);
    if (!check.passed && lost.value - normal_quantile(config.alpha) * lost.error <= config.margin)
        check.text += "; too few to tell";
    check.numbers = { { "change", -lost.value }, { "standard_error", lost.error }, { "worst", -bound },
                      { "margin", config.margin }, { "decisions", lost.count } };
    return check;
}

GateCheck check_classes(const JointAnswers& old, const GateConfig& config)
{
    struct Row {
        std::string name;
        Mean lost, before;
        double chance;
    };
    std::vector<Row> rows;
    for (std::size_t c = 0; c < old.names.size(); ++c) {
        const auto counts = [&](const Answer& one) { return one.truth == static_cast<int>(c); };
        const Mean lost = mean_of(old.decisions, loss, counts);
        if (lost.count == 0)
            continue;
        const double z = (lost.value - config.margin) / std::max(lost.error, 1e-12);
        rows.push_back({ old.names[c], lost,
                         mean_of(old.decisions, [](const Answer& one) { return one.before == one.truth; }, counts),
                         lost.groups < kFewGroups ? 1.0 : above(z) });
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.chance < b.chance; });
    GateCheck check{ "no class is worse", true, "", { { "classes", nlohmann::json::object() } } };
    std::string worse;
    bool goes_on = true;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        goes_on = goes_on && row.chance <= config.alpha / static_cast<double>(rows.size() - i); // Holm 1979
        check.numbers["classes"][row.name] = { { "recall_before", row.before.value }, { "change", -row.lost.value },
                                               { "standard_error", row.lost.error }, { "p", row.chance },
                                               { "decisions", row.lost.count }, { "worse", goes_on } };
        if (!goes_on)
            continue;
        check.passed = false;
        worse += fmt::format("{}{} {} points ({:.2f})", worse.empty() ? "" : ", ", row.name, points(-row.lost.value), 100 * row.lost.error);
    }
    const auto least = std::max_element(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.lost.value < b.lost.value; });
    check.text = !worse.empty() ? "worse: " + worse
                 : rows.empty() ? "no data"
                                : fmt::format("of {} the one that loses most: {} {} points, standard error {:.2f}", rows.size(),
                                              least->name, points(-least->lost.value), 100 * least->lost.error);
    if (check.passed && !rows.empty() && least->lost.value - config.margin > 0.0)
        check.text += "; too few to tell";
    return check;
}

GateCheck check_calibration(const Opinion& before, const Opinion& after, const GateConfig& config)
{
    const auto error_of = [](const Opinion& opinion) {
        const Evaluation own = in_own_labels(opinion);
        return calibration_error(own.logits, own.labels, model::LogitReader(opinion.info));
    };
    const double first = error_of(before), second = error_of(after);
    GateCheck check{ "calibrated", second <= first + config.calibration_margin, "", {} };
    check.text = fmt::format("calibration error {:.2f} %, before {:.2f} %, {} points allowed", 100 * second, 100 * first,
                             points(config.calibration_margin));
    check.numbers = { { "calibration_error", second }, { "calibration_error_before", first } };
    return check;
}

GateCheck check_rejection(const JointAnswers& old, const GateConfig& config)
{
    const int unknown = place_of(old.names, kUnknownLabel);
    const auto is_named = [&](const Answer& one) {
        return one.truth != unknown && old.families[static_cast<std::size_t>(one.truth)] != kNoiseFamily;
    };
    const Mean rise = mean_of(old.decisions, [&](const Answer& one) { return (one.after == unknown) - (one.before == unknown); }, is_named);
    const Mean now = mean_of(old.decisions, [&](const Answer& one) { return one.after == unknown; }, is_named);
    const bool passed = rise.value - normal_quantile(config.alpha) * rise.error <= config.rejection_margin;
    GateCheck check{ "rejects no more", passed, "", {} };
    check.text = fmt::format("{:.2f} % of named signals are unknown, {} points, standard error {:.2f}, {} allowed", 100 * now.value,
                             points(rise.value), 100 * rise.error, points(config.rejection_margin));
    check.numbers = { { "false_rejection", now.value }, { "change", rise.value }, { "standard_error", rise.error } };
    return check;
}

GateCheck check_cost(const std::vector<const JointAnswers*>& all, const GateConfig& config)
{
    std::vector<Answer> priced; // whose `truth` is a place in `costs`
    std::vector<std::pair<double, double>> costs;
    for (const auto& [truth, row] : config.costs) {
        require_known(truth, all);
        for (const auto& [decision, unused] : row)
            require_known(decision, all);
    }
    for (const JointAnswers* joint : all) {
        const int unknown = place_of(joint->names, kUnknownLabel);
        const auto cost = [&](int truth, int decision) {
            const auto row = config.costs.find(joint->names[static_cast<std::size_t>(truth)]);
            if (row != config.costs.end())
                if (const auto cell = row->second.find(joint->names[static_cast<std::size_t>(decision)]); cell != row->second.end())
                    return cell->second;
            if (truth == decision)
                return 0.0;
            const auto& families = joint->families;
            const bool is_half = families[static_cast<std::size_t>(truth)] == families[static_cast<std::size_t>(decision)] || decision == unknown;
            return is_half ? 0.5 : 1.0;
        };
        const std::int64_t offset = (joint == all.front() ? 0 : 1) * (std::int64_t{ 1 } << 40);
        for (const Answer& one : joint->decisions) {
            costs.push_back({ cost(one.truth, one.before), cost(one.truth, one.after) });
            priced.push_back({ static_cast<int>(costs.size()) - 1, 0, 0, one.group + offset });
        }
    }
    const auto at = [&](const Answer& one) { return costs[static_cast<std::size_t>(one.truth)]; };
    const Mean rise = mean_of(priced, [&](const Answer& one) { return at(one).second - at(one).first; });
    const Mean before = mean_of(priced, [&](const Answer& one) { return at(one).first; });
    GateCheck check{ "costs no more", rise.value - normal_quantile(config.alpha) * rise.error <= config.cost_margin, "", {} };
    check.text = fmt::format("mean cost {:.4f}, before {:.4f}, change {:+.4f}, standard error {:.4f}", before.value + rise.value,
                             before.value, rise.value, rise.error);
    check.numbers = { { "cost", before.value + rise.value }, { "cost_before", before.value }, { "standard_error", rise.error } };
    return check;
}

GateCheck check_latency(double before_us, double after_us, const GateConfig& config)
{
    const double ratio = after_us / before_us;
    return { "as quick", ratio <= config.latency_ratio,
             fmt::format("{:.0f} us per frame, before {:.0f} us: {:.2f} times, {:.2f} allowed", after_us, before_us, ratio, config.latency_ratio),
             { { "us", after_us }, { "us_before", before_us }, { "ratio", ratio } } };
}

std::map<std::string, std::map<std::string, double>> read_costs(const std::string& json, const std::string& where)
{
    std::map<std::string, std::map<std::string, double>> costs;
    const auto all = parse_json(json, where, "{TRUTH: {DECISION: COST}}");
    JsonObject rows(all, where);
    for (const auto& [truth, unused] : all.items()) {
        const auto& row = rows.at(truth);
        JsonObject cells(row, where + ": " + truth);
        for (const auto& [decision, cost] : row.items())
            costs[truth][decision] = cells.number(decision, 0.0, 1e6);
    }
    return costs;
}

} // namespace prunedamr::metrics
