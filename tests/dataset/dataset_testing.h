// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/dataset/frame_source.h"

#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <string>

namespace prunedamr::dataset {

using test::TemporaryFolder;

inline void write_bytes(const std::string& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary) << bytes;
}

/// The message of the `Error` that `work` throws; "" when it throws none.
inline std::string message_of(const std::function<void()>& work)
{
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

/// `count` frames of `length` samples, three classes, SNR 0, 2 and NaN dB, two frames per group.
inline Dataset small_dataset(int count, int length = 16)
{
    Dataset dataset;
    dataset.front_end.frame_length = length;
    dataset.front_end.block_length = 4 * length;
    dataset.class_names = { "noise", "BPSK", "QPSK" };
    for (int i = 0; i < count; ++i) {
        const int pair = i / 2;
        dataset.label.push_back(pair % 3);
        dataset.snr_db.push_back(pair / 3 % 3 == 2 ? std::numeric_limits<float>::quiet_NaN()
                                                   : 2.0f * static_cast<float>(pair / 3 % 3));
        dataset.group.push_back(pair);
        dataset.part.push_back(static_cast<Split>(i % 3));
        for (int k = 0; k < 2 * length; ++k)
            dataset.frames.push_back(std::sin(0.1f * static_cast<float>(i * 2 * length + k)));
    }
    dataset.provenance = R"({"recipe":"test","seed":7})";
    return dataset;
}

/// All frames of a source, a few at a time.
inline Dataset read_all(FrameSource& source, std::int64_t at_a_time = 3)
{
    Dataset all = source.header();
    Dataset piece;
    while (source.read(piece, at_a_time) > 0) {
        all.frames.insert(all.frames.end(), piece.frames.begin(), piece.frames.end());
        all.label.insert(all.label.end(), piece.label.begin(), piece.label.end());
        all.snr_db.insert(all.snr_db.end(), piece.snr_db.begin(), piece.snr_db.end());
        all.group.insert(all.group.end(), piece.group.begin(), piece.group.end());
        all.part.insert(all.part.end(), piece.part.begin(), piece.part.end());
    }
    return all;
}

} // namespace prunedamr::dataset
