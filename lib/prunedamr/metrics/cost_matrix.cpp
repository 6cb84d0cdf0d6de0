// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/cost_matrix.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/metrics/scores.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace prunedamr::metrics {
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
    nlohmann::json json;
    try {
        json = nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& fault) {
        throw Error({ "cost matrix: not JSON", where, "an error at byte " + std::to_string(fault.byte), kForm });
    } catch (const nlohmann::json::out_of_range&) {
        throw Error({ "cost matrix: a number is out of range", where, "", kForm });
    }
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
