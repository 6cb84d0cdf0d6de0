// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/attacks.h"

#include "prunedamr/metrics/scores_json.h"
#include "prunedamr/train/attack.h"
#include "prunedamr/train/batches.h"

#include <algorithm>
#include <cstdio>

namespace prunedamr::tool {

Attacks make_attacks(const std::vector<std::string>& texts, int frames)
{
    std::vector<train::Attack> attacks;
    for (const std::string& text : texts)
        attacks.push_back(train::parse_attack(text));
    return [attacks, frames](const graph::Network& network, const dataset::Dataset& dataset,
                             std::vector<std::int64_t> indices) {
        const auto classes = static_cast<int>(dataset.class_names.size());
        if (frames > 0)
            indices = train::choose_labeled(dataset, indices, std::max(1, frames / classes), 1);
        nlohmann::json list = nlohmann::json::array();
        for (const train::Attack& attack : attacks) {
            const nlohmann::json scores =
                metrics::to_json(train::attacked_scores(network, dataset, indices, attack));
            nlohmann::json entry = train::to_json(attack);
            entry["attack"] = train::to_text(attack);
            entry["frames"] = scores["count"];
            entry["accuracy"] = scores["accuracy"];
            entry["by_snr"] = scores["by_snr"];
            std::printf("under %s: accuracy %.2f %% of %zu frames\n", train::to_text(attack).c_str(),
                        100 * scores["accuracy"].get<double>(), indices.size());
            list.push_back(std::move(entry));
        }
        return list;
    };
}

} // namespace prunedamr::tool
