// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/fit_judge.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/detect/proposal.h"
#include "prunedamr/metrics/boosted_trees.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace prunedamr::tool {
namespace {

constexpr std::size_t kColumns = 2 + detect::kFeatures;
constexpr float kWrong = 0.01f;
constexpr float kLasting = 5.0f; // further times that a row counts that lasts the epoch: bursts are many

struct Rows {
    std::vector<float> values, targets, weights;

    void add(const float* row, float weight)
    {
        targets.push_back(row[0]);
        weights.push_back(weight * (1.0f + kLasting * std::min(1.0f, row[1])));
        for (std::size_t f = 2; f < kColumns; ++f)
            values.push_back(std::isfinite(row[f]) ? row[f] : 0.0f);
    }
};

void read_rows(const FitOptions& options, Rows& used, Rows& held_back)
{
    Rng rng(1);
    for (const auto& path : options.rows) {
        const std::string bytes = read_file(path);
        if (bytes.size() % (kColumns * sizeof(float)) != 0)
            throw Error({ "not rows of proposals", path, std::to_string(bytes.size()) + " bytes",
                          "a multiple of " + std::to_string(kColumns * sizeof(float)) });
        for (std::size_t at = 0; at < bytes.size(); at += kColumns * sizeof(float)) {
            float row[kColumns];
            std::memcpy(row, bytes.data() + at, sizeof row);
            if (row[0] < kWrong && !rng.chance(options.keep))
                continue;
            (rng.chance(0.1) ? held_back : used)
                .add(row, row[0] < kWrong ? static_cast<float>(1.0 / options.keep) : 1.0f);
        }
    }
}

void print_held_back(const metrics::BoostedTrees& trees, const Rows& rows)
{
    double loss = 0.0, all = 0.0;
    long right = 0, right_kept = 0, wrong = 0, wrong_kept = 0;
    for (std::size_t i = 0; i < rows.targets.size(); ++i) {
        const double s = trees.score(rows.values.data() + i * detect::kFeatures), y = rows.targets[i];
        loss += rows.weights[i] * (std::log1p(std::exp(-std::abs(s))) + std::max(s, 0.0) - y * s);
        all += rows.weights[i];
        right += y > 0.5;
        right_kept += y > 0.5 && s > 0.0;
        wrong += y < kWrong;
        wrong_kept += y < kWrong && s > 0.0;
    }
    std::printf("held back: loss %.4f, %ld of %ld right ones above 0, %ld of %ld wrong ones\n", loss / all,
                right_kept, right, wrong_kept, wrong);
}

std::string to_json_text(const metrics::BoostedTrees& trees, const FitOptions& options, std::size_t rows)
{
    nlohmann::ordered_json head = {
        { "source", options.source }, { "rows", rows }, { "depth", trees.depth }, { "base", trees.base }
    };
    for (const char* name : detect::kFeatureNames)
        head["features"].push_back(name);
    std::string text = head.dump();
    text.back() = ',';
    text += "\n\"trees\": [";
    const std::size_t inner = (std::size_t{ 1 } << trees.depth) - 1;
    for (std::size_t t = 0; t * inner < trees.features.size(); ++t) {
        const auto list = [&](const char* name, std::size_t count, const auto& value) {
            text += fmt::format("\"{}\":[", name);
            for (std::size_t n = 0; n < count; ++n)
                text += (n ? "," : "") + value(t * count + n);
            text += "]";
        };
        text += t ? ",\n{" : "\n{";
        list("feature", inner, [&](std::size_t n) { return std::to_string(trees.features[n]); });
        text += ",";
        list("limit", inner, [&](std::size_t n) { return fmt::format("{:.4g}", trees.limits[n]); });
        text += ",";
        list("value", inner + 1, [&](std::size_t n) { return fmt::format("{:.3g}", trees.values[n]); });
        text += "}";
    }
    return text + "\n]}\n";
}

} // namespace

void fit_judge(const FitOptions& options)
{
    Rows used, held_back;
    read_rows(options, used, held_back);
    metrics::BoostingConfig config;
    config.trees = options.trees;
    config.depth = options.depth;
    const auto trees = metrics::fit_boosted_trees(used.values, detect::kFeatures, used.targets, used.weights,
                                                  config, [&](int tree, double loss) {
                                                      if (tree % 50 == 0)
                                                          std::printf("tree %d: loss %.4f\n", tree, loss);
                                                  });
    print_held_back(trees, held_back);
    write_text_atomically(options.out, to_json_text(trees, options, used.targets.size()));
}

} // namespace prunedamr::tool
