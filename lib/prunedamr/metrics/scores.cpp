// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/scores.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/metrics/scores_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::metrics {
namespace {

std::string padded(std::string text, std::size_t width)
{
    if (text.size() < width)
        text.insert(0, width - text.size(), ' ');
    return text;
}

} // namespace

Scores::Scores(std::vector<std::string> class_names)
    : class_names_(std::move(class_names)),
      confusion_(class_names_.size(), std::vector<std::int64_t>(class_names_.size(), 0))
{
}

void Scores::add(std::int32_t truth, std::int32_t predicted, float snr_db)
{
    const auto classes = static_cast<std::int32_t>(class_names_.size());
    PRUNEDAMR_CHECK(truth >= 0 && truth < classes, "true class out of range");
    PRUNEDAMR_CHECK(predicted >= 0 && predicted < classes, "predicted class out of range");
    const bool right = truth == predicted;
    ++confusion_[truth][predicted];
    ++count_;
    right_ += right;
    if (std::isfinite(snr_db)) {
        auto& [hits, all] = by_snr_[*dataset::cell_snr_db(snr_db)];
        hits += right;
        ++all;
    }
}

double Scores::accuracy() const
{
    return count_ > 0 ? static_cast<double>(right_) / static_cast<double>(count_) : 0.0;
}

std::map<int, double> Scores::accuracy_by_snr() const
{
    std::map<int, double> result;
    for (const auto& [snr, tally] : by_snr_)
        result[snr] = static_cast<double>(tally.first) / static_cast<double>(tally.second);
    return result;
}

std::vector<double> Scores::recall_by_class() const
{
    std::vector<double> recall;
    for (std::size_t i = 0; i < confusion_.size(); ++i) {
        const auto all = std::accumulate(confusion_[i].begin(), confusion_[i].end(), std::int64_t{ 0 });
        recall.push_back(all > 0 ? static_cast<double>(confusion_[i][i]) / static_cast<double>(all) : std::nan(""));
    }
    return recall;
}

nlohmann::json to_json(const Scores& scores)
{
    nlohmann::json by_snr = nlohmann::json::object();
    for (const auto& [snr, accuracy] : scores.accuracy_by_snr())
        by_snr[std::to_string(snr)] = accuracy;
    nlohmann::json by_class = nlohmann::json::object();
    const auto recall = scores.recall_by_class();
    for (std::size_t i = 0; i < recall.size(); ++i)
        by_class[scores.class_names()[i]] = recall[i]; // NaN is written as null
    return {
        { "count", scores.count() }, { "accuracy", scores.accuracy() },       { "by_snr", by_snr },
        { "by_class", by_class },    { "class_names", scores.class_names() }, { "confusion", scores.confusion() }
    };
}

std::string Scores::to_text() const
{
    std::string text =
        "accuracy " + fmt::format("{:.2f}", 100.0 * accuracy()) + " % of " + std::to_string(count_) + " frames\n";
    if (!by_snr_.empty()) {
        text += "\nSNR [dB]  accuracy [%]\n";
        for (const auto& [snr, accuracy] : accuracy_by_snr())
            text += padded(std::to_string(snr), 8) + padded(fmt::format("{:.1f}", 100.0 * accuracy), 14) + "\n";
    }
    std::size_t width = 6;
    for (const auto& name : class_names_)
        width = std::max(width, name.size() + 1);
    text += "\nconfusion [% of each row; rows are the truth]\n" + std::string(width, ' ');
    for (const auto& name : class_names_)
        text += padded(name, width);
    text += padded("frames", width + 2) + "\n";
    for (std::size_t row = 0; row < confusion_.size(); ++row) {
        const auto all = std::accumulate(confusion_[row].begin(), confusion_[row].end(), std::int64_t{ 0 });
        text += padded(class_names_[row], width);
        for (const auto hits : confusion_[row])
            text += padded(
                all > 0 ? fmt::format("{:.1f}", 100.0 * static_cast<double>(hits) / static_cast<double>(all)) : "-",
                width);
        text += padded(std::to_string(all), width + 2) + "\n";
    }
    return text;
}

namespace {

constexpr double kMaxCost = 1e6;
constexpr std::size_t kMaxBytes = 64 << 20;
constexpr const char* kForm = "{\"truth\": {\"predicted\": cost}}";

std::size_t class_named(const std::string& name, const std::vector<std::string>& class_names,
                        const std::string& where)
{
    const auto at = std::find(class_names.begin(), class_names.end(), name);
    if (at != class_names.end())
        return static_cast<std::size_t>(at - class_names.begin());
    std::string known;
    for (const std::string& one : class_names)
        known += (known.empty() ? "" : ", ") + one;
    throw Error({ "cost matrix: unknown class", where, name, known });
}

} // namespace

CostMatrix::CostMatrix(const std::string& text, const std::vector<std::string>& class_names,
                       const std::string& where)
{
    const nlohmann::json json = parse_json(text, where, std::string("a cost matrix: ") + kForm);
    if (!json.is_object())
        throw Error({ "cost matrix: not an object", where, json.type_name(), kForm });
    const std::size_t classes = class_names.size();
    rows_.assign(classes, std::vector<double>(classes, 1.0));
    for (std::size_t i = 0; i < classes; ++i)
        rows_[i][i] = 0.0;
    for (const auto& [truth, row] : json.items()) {
        const std::size_t from = class_named(truth, class_names, where);
        if (!row.is_object())
            throw Error(
                { "cost matrix: the row of " + truth + " is not an object", where, row.type_name(), kForm });
        for (const auto& [predicted, cost] : row.items()) {
            const std::size_t to = class_named(predicted, class_names, where);
            if (!cost.is_number() || !(cost.get<double>() >= 0.0 && cost.get<double>() <= kMaxCost))
                throw Error({ "cost matrix: bad cost of " + truth + " taken for " + predicted, where, cost.dump(),
                              "a number, 0 to 1000000" });
            rows_[from][to] = cost.get<double>();
        }
    }
}

double CostMatrix::mean(const Scores& scores) const
{
    double sum = 0.0;
    for (std::size_t truth = 0; truth < rows_.size(); ++truth)
        for (std::size_t predicted = 0; predicted < rows_.size(); ++predicted)
            sum += rows_[truth][predicted] * static_cast<double>(scores.confusion()[truth][predicted]);
    return scores.count() > 0 ? sum / static_cast<double>(scores.count()) : 0.0;
}

CostMatrix read_cost_matrix(const std::string& path, const std::vector<std::string>& class_names)
{
    return { read_file(path, kMaxBytes), class_names, path };
}

} // namespace prunedamr::metrics
