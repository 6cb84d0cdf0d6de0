// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/model/models.h"
#include "tests/nn/test_networks.h"
#include "tests/support/temp_dir.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/train/fit.h"

#include <cmath>

namespace prunedamr::test {

/// Three classes: tones of random phase at -0.2, 0.05 and 0.3 cycles per sample in noise; per class
/// `per_class` frames, of which a fifth validate and a fifth test. Fits `tiny_network(32, 3)`.
inline dataset::Dataset tones(int per_class, double noise = 0.5, std::uint64_t seed = 5)
{
    const double frequency[] = { -0.2, 0.05, 0.3 };
    dataset::Dataset dataset;
    dataset.front_end.kind = FrontEndSpec::Kind::as_is;
    dataset.front_end.frame_length = 32;
    dataset.class_names = { "class0", "class1", "class2" };
    Rng rng(seed);
    for (int i = 0; i < 3 * per_class; ++i) {
        const int label = i % 3;
        const double phase = rng.uniform(0.0, 2.0 * M_PI);
        for (const double quadrature : { 0.0, -M_PI / 2 })
            for (int n = 0; n < 32; ++n)
                dataset.frames.push_back(static_cast<float>(
                    std::cos(2.0 * M_PI * frequency[label] * n + phase + quadrature) + noise * rng.normal()));
        dataset.label.push_back(label);
        dataset.snr_db.push_back(10.0f);
        dataset.group.push_back(i);
        const int fifth = i / 3 % 5;
        dataset.part.push_back(fifth == 3   ? dataset::Split::validation
                               : fifth == 4 ? dataset::Split::test
                                            : dataset::Split::train);
    }
    return dataset;
}

/// A model of the network that fits the data set.
inline model::Model model_for(const graph::Network& network, const dataset::Dataset& dataset)
{
    model::Model model = model::model_of(network);
    model.info.labels = dataset.class_names;
    model.info.front_end = dataset.front_end;
    return model;
}

/// conv, norm, relu, dropout, linear: all that is random in training takes part.
inline graph::Network network_with_dropout()
{
    graph::Network network = tiny_network();
    graph::Node dropout = make_node("dropout", graph::Op::dropout, { "pool" });
    dropout.dropout = 0.2;
    network.nodes.back().inputs = { "dropout" };
    network.nodes.insert(network.nodes.end() - 1, dropout);
    return network;
}

/// Valid, but its logits overflow float32.
inline graph::Network overflowing_network()
{
    graph::Network network = tiny_network();
    network.tensors.at("fc.weight").data.assign(24, 3e38f);
    return network;
}

inline train::FitConfig quick(int epochs)
{
    train::FitConfig config;
    config.epochs = epochs;
    config.batch = 32;
    config.learning_rate = 1e-2;
    config.threads = 1;
    return config;
}

inline void expect_same_weights(const graph::Network& a, const graph::Network& b)
{
    ASSERT_EQ(a.tensors.size(), b.tensors.size());
    for (const auto& [name, tensor] : a.tensors)
        EXPECT_EQ(tensor.data, b.tensor(name).data) << name;
}

} // namespace prunedamr::test
