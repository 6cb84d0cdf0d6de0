// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/nn/test_networks.h"
#include "prunedamr/data/dataset.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace prunedamr::test {

/// Three classes: tones of random phase at -0.2, 0.05 and 0.3 cycles per sample in noise; per class
/// `per_class` frames, of which a fifth validate and a fifth test. Fits `tiny_network(32, 3)`.
inline data::Dataset tones(int per_class, double noise = 0.5, std::uint64_t seed = 5)
{
    const double frequency[] = { -0.2, 0.05, 0.3 };
    data::Dataset dataset;
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
        dataset.part.push_back(fifth == 3   ? data::Part::validation
                               : fifth == 4 ? data::Part::test
                                            : data::Part::train);
    }
    return dataset;
}

/// Valid, but its logits overflow float32.
inline graph::Network overflowing_network()
{
    graph::Network network = tiny_network();
    network.tensors.at("fc.weight").data.assign(24, 3e38f);
    return network;
}

/// A file name in the system's temporary folder that is removed at the end.
class TemporaryFile
{
public:
    explicit TemporaryFile(const std::string& name)
        : path_((std::filesystem::temp_directory_path() / ("prunedamr-" + std::to_string(getpid()) + "-" + name))
                    .string())
    {
    }
    ~TemporaryFile() { std::remove(path_.c_str()); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

} // namespace prunedamr::test
