// SPDX-License-Identifier: GPL-3.0-or-later
// This program's fsync and rename stand before those of the C library, so that their order can be seen.
#include "prunedamr/base/file.h"

#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct Watch {
    std::vector<std::string> calls;
    std::string fails; ///< the call that answers EIO
};
thread_local Watch* g_watch = nullptr;

/// The size of a file is part of it: it must have been written when it is synced.
std::string named(int descriptor)
{
    const fs::path path = fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor));
    return fs::is_directory(path) ? "fsync folder" : "fsync " + std::to_string(fs::file_size(path)) + " bytes";
}

/// True when the call must fail.
bool watched(const std::string& call)
{
    if (!g_watch)
        return false;
    g_watch->calls.push_back(call);
    errno = EIO;
    return call == g_watch->fails;
}

template <typename Function> Function* original(const char* name)
{
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" int fsync(int descriptor)
{
    return g_watch && watched(named(descriptor)) ? -1 : original<int(int)>("fsync")(descriptor);
}

extern "C" int rename(const char* from, const char* to) noexcept
{
    return watched("rename") ? -1 : original<int(const char*, const char*)>("rename")(from, to);
}

namespace prunedamr {
namespace {

/// A folder of its own for each test.
class Durability : public ::testing::Test
{
protected:
    Durability()
        : folder_(fs::path(::testing::TempDir()) /
                  ("prunedamr_" + std::to_string(getpid()) + "_" +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name()))
    {
        fs::create_directory(folder_);
    }
    ~Durability() override
    {
        g_watch = nullptr;
        fs::remove_all(folder_);
    }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::ptrdiff_t file_count() const
    {
        return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    }
    mode_t mode_of(const std::string& name) const
    {
        struct stat found {
        };
        EXPECT_EQ(::stat(path(name).c_str(), &found), 0);
        return found.st_mode & 07777;
    }

    fs::path folder_;
    Watch watch_;
};

TEST_F(Durability, TheFileIsOnTheDiskBeforeItsNameAndTheNameBeforeTheReturn)
{
    g_watch = &watch_;
    write_text_atomically(path("a"), "12345");
    EXPECT_EQ(watch_.calls, (std::vector<std::string>{ "fsync 5 bytes", "rename", "fsync folder" }));
}

TEST_F(Durability, AFileThatCannotBeSyncedOrRenamedLeavesTheOldOne)
{
    write_text_atomically(path("a"), "old");
    for (const std::string call : { "fsync 5 bytes", "rename" }) {
        watch_ = { {}, call };
        g_watch = &watch_;
        EXPECT_ERROR(write_text_atomically(path("a"), "12345"), "Input/output error");
        g_watch = nullptr;
        EXPECT_EQ(watch_.calls.back(), call);
        EXPECT_EQ(read_file(path("a")), "old");
        EXPECT_EQ(file_count(), 1);
    }
}

TEST_F(Durability, AFolderThatCannotBeSyncedIsReported)
{
    watch_.fails = "fsync folder";
    g_watch = &watch_;
    EXPECT_ERROR(write_text_atomically(path("a"), "new"), "cannot bring the folder's new entry to the disk");
    EXPECT_EQ(read_file(path("a")), "new");
    EXPECT_EQ(file_count(), 1);
}

TEST_F(Durability, TwoWritersOfOneFileDoNotMeet)
{
    AtomicFile first(path("a.txt"));
    AtomicFile second(path("a.txt"));
    EXPECT_NE(first.temporary(), second.temporary());
    std::ofstream(first.temporary()) << "first";
    std::ofstream(second.temporary()) << "second";
    second.commit();
    EXPECT_EQ(read_file(path("a.txt")), "second");
    first.commit();
    EXPECT_EQ(read_file(path("a.txt")), "first");
    EXPECT_EQ(file_count(), 1);
}

TEST_F(Durability, WhatADeadProcessOfTheSameNumberLeftIsNotTouched)
{
    std::string next; // the name that comes after this one's
    {
        const AtomicFile file(path("a"));
        next = file.temporary();
    }
    const auto dash = next.rfind('-'), dot = next.rfind(".part");
    const int number = std::stoi(next.substr(dash + 1, dot - dash - 1));
    next.replace(dash + 1, dot - dash - 1, std::to_string(number + 1));
    std::ofstream(next) << "another's";
    write_text_atomically(path("a"), "mine");
    EXPECT_EQ(read_file(next), "another's");
    EXPECT_EQ(read_file(path("a")), "mine");
}

TEST_F(Durability, ALinkPlantedAtATemporaryNameIsNotFollowed)
{
    write_text_atomically(path("victim"), "precious");
    std::string next;
    {
        const AtomicFile file(path("a"));
        next = file.temporary();
    }
    const auto dash = next.rfind('-'), dot = next.rfind(".part");
    const int number = std::stoi(next.substr(dash + 1, dot - dash - 1));
    next.replace(dash + 1, dot - dash - 1, std::to_string(number + 1));
    fs::create_symlink("victim", next);
    write_text_atomically(path("a"), "mine");
    EXPECT_EQ(read_file(path("victim")), "precious");
    EXPECT_EQ(read_file(path("a")), "mine");
    EXPECT_FALSE(fs::is_symlink(path("a")));
}

TEST_F(Durability, WhatAKilledProcessLeftIsClearedOnceItIsOld)
{
    const auto put = [&](const std::string& name, int hours_old) {
        std::ofstream(path(name)) << "half";
        fs::last_write_time(path(name), fs::file_time_type::clock::now() - std::chrono::hours(hours_old));
    };
    put(".a.1-0.part.h5", 25);
    put(".a.77-12.part.h5", 25);
    put(".a.1-1.part.h5", 1);     // somebody may be writing it
    put(".b.1-0.part.h5", 25);    // of another file
    put(".a.1-0.part.json", 25);  // likewise
    put(".a.notes.part.h5", 25);  // of no tool of ours
    write_text_atomically(path("a.h5"), "whole");
    EXPECT_FALSE(fs::exists(path(".a.1-0.part.h5")));
    EXPECT_FALSE(fs::exists(path(".a.77-12.part.h5")));
    EXPECT_EQ(file_count(), 5);
    EXPECT_EQ(read_file(path("a.h5")), "whole");
}

TEST_F(Durability, PermissionsAreThoseOfTheOldFileOrTheUmask)
{
    const mode_t umask_before = ::umask(027);
    write_text_atomically(path("new"), "x");
    EXPECT_EQ(mode_of("new"), 0640u);
    for (const mode_t mode : { 0600u, 0664u, 0444u }) {
        ASSERT_EQ(::chmod(path("new").c_str(), mode), 0);
        write_text_atomically(path("new"), "y");
        EXPECT_EQ(mode_of("new"), mode);
    }
    ::umask(umask_before);
}

TEST_F(Durability, LinksAreFollowedToFilesThatAreYetToCome)
{
    fs::create_directory(path("deep"));
    fs::create_symlink("deep/second", path("first"));
    fs::create_symlink("file.txt", path("deep/second"));
    write_text_atomically(path("first"), "new");
    EXPECT_TRUE(fs::is_symlink(path("first")));
    EXPECT_TRUE(fs::is_symlink(path("deep/second")));
    EXPECT_EQ(read_file(path("deep/file.txt")), "new");

    fs::create_symlink("nowhere/file", path("lost"));
    EXPECT_ERROR(write_text_atomically(path("lost"), "x"), "folder does not exist");
    fs::create_symlink("circle", path("circle"));
    EXPECT_ERROR(check_writable(path("circle")), "too many symbolic links");
}

} // namespace
} // namespace prunedamr
