// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"
#include "prunedamr/data/dataset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <unistd.h>

namespace prunedamr::data {

/// A folder of its own for each test, removed at the end.
class TemporaryFolder
{
public:
    TemporaryFolder()
    {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        path_ = std::filesystem::temp_directory_path() /
                ("prunedamr_" + std::string(test->name()) + "_" + std::to_string(getpid()));
        std::filesystem::create_directories(path_);
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

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
        dataset.part.push_back(static_cast<Part>(i % 3));
        for (int k = 0; k < 2 * length; ++k)
            dataset.frames.push_back(std::sin(0.1f * static_cast<float>(i * 2 * length + k)));
    }
    dataset.provenance = { { "recipe", "test" }, { "seed", 7 } };
    return dataset;
}

} // namespace prunedamr::data
