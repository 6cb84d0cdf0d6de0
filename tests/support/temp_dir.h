// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace prunedamr::test {

/// A folder of its own for each test and process, removed at the end.
class TemporaryFolder
{
public:
    TemporaryFolder()
    {
        std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
        std::replace(name.begin(), name.end(), '/', '_'); // of a test with parameters
        path_ = std::filesystem::temp_directory_path() / ("prunedamr_" + name + "_" + std::to_string(getpid()));
        std::filesystem::create_directories(path_);
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string operator/(const std::string& name) const { return (path_ / name).string(); }
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

/// The name of a file in such a folder; nothing is there yet.
class TemporaryFile
{
public:
    explicit TemporaryFile(const std::string& name) : path_(folder_ / name) {}

    const std::string& path() const { return path_; }

private:
    TemporaryFolder folder_;
    std::string path_;
};

} // namespace prunedamr::test
