// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/prune/prune_testing.h"

#include "prunedamr/base/rng.h"

#include <cmath>

namespace prunedamr::prune {

graph::Network toy_network(const std::vector<int>& units_per_stage, const std::string& arch)
{
    graph::Network network = graph::make_network(graph::zoo_config(arch, kToyLength, kToyClasses, units_per_stage));
    graph::randomize(network, 5);
    return network;
}

dataset::Dataset toy_dataset(int frames, std::uint64_t seed)
{
    dataset::Dataset dataset;
    dataset.front_end.kind = FrontEndSpec::Kind::as_is;
    dataset.front_end.frame_length = dataset.front_end.block_length = kToyLength;
    for (int c = 0; c < kToyClasses; ++c)
        dataset.class_names.push_back("class" + std::to_string(c));
    Rng rng(seed);
    for (int i = 0; i < frames; ++i) {
        const int label = i % kToyClasses;
        const double step = 0.4 * label - 0.4;
        const double phase = rng.uniform(0.0, 6.283);
        for (double quarter : { 0.0, -1.570796 }) {
            for (int t = 0; t < kToyLength; ++t)
                dataset.frames.push_back(
                    static_cast<float>(std::cos(phase + step * t + quarter) + 0.2 * rng.normal()));
        }
        dataset.label.push_back(label);
        dataset.snr_db.push_back(10.0F);
        dataset.group.push_back(i);
        const int place = i % 20;
        dataset.part.push_back(place < 14   ? dataset::Split::train
                               : place < 17 ? dataset::Split::validation
                                            : dataset::Split::test);
    }
    return dataset;
}

int unit_index(const graph::Network& network, const std::string& name)
{
    for (std::size_t i = 0; i < network.units.size(); ++i) {
        if (network.units[i].name == name)
            return static_cast<int>(i);
    }
    ADD_FAILURE() << "no unit " << name;
    return -1;
}

} // namespace prunedamr::prune
