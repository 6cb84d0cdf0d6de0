// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/scores_json.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/dataset.h"

#include <fmt/format.h>

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

} // namespace prunedamr::metrics
