// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/model_output.h"

#include "prunedamr/model/logits.h"
#include "prunedamr/stream/drift_reference.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::tool {

std::string drift_reference(const metrics::Evaluation& frames, const model::ModelInfo& info)
{
    const model::LogitReader reader(info);
    std::vector<double> probabilities(info.labels.size());
    stream::DriftReference reference;
    for (std::size_t i = 0; i < frames.labels.size(); ++i) {
        const auto of_class = static_cast<std::size_t>(frames.labels[i]);
        const float* logits = frames.logits.row(i);
        reader.probabilities(logits, probabilities.data());
        if (reader.is_signal(of_class) && !std::isnan(probabilities.front()))
            reference.add_frame(info.labels[of_class],
                                *std::max_element(probabilities.begin(), probabilities.end()),
                                reader.unknown_score(logits));
    }
    return reference.to_json();
}

} // namespace prunedamr::tool
