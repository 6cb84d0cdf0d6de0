// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/sinks.h"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace prunedamr;
using namespace prunedamr::receiver;

namespace {

std::ptrdiff_t open_files()
{
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
}

/// A limit of this process, for as long as it lives.
class Limit
{
public:
    Limit(__rlimit_resource resource, rlim_t soft) : resource_(resource)
    {
        getrlimit(resource, &old_);
        const rlimit low{ soft, old_.rlim_max };
        setrlimit(resource, &low);
    }
    ~Limit() { setrlimit(resource_, &old_); }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;

private:
    const __rlimit_resource resource_;
    rlimit old_{};
};

} // namespace

TEST(TriggerSink, HoldsNothingOfEventsThatItCannotHandOver)
{
    std::vector<std::string> notices;
    const auto sink = make_trigger_sink({ "/bin/true" }, [&](const std::string& text) { notices.push_back(text); });
    const auto before = open_files();
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    {
        const Limit no_bytes(RLIMIT_FSIZE, 0);
        for (int i = 0; i < 5; ++i)
            sink->write({});
    }
    std::signal(SIGXFSZ, old_handler);
    EXPECT_EQ(open_files(), before);
    EXPECT_EQ(sink->lost(), 5u);
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices[0].find("cannot hand over an event: found File too large"), std::string::npos) << notices[0];
}

TEST(TriggerSink, SaysWhenNoFileCanBeOpened)
{
    std::vector<std::string> notices;
    const auto sink = make_trigger_sink({ "/bin/true" }, [&](const std::string& text) { notices.push_back(text); });
    {
        const Limit no_files(RLIMIT_NOFILE, 0);
        sink->write({});
    }
    EXPECT_EQ(sink->lost(), 1u);
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices[0].find("Too many open files"), std::string::npos) << notices[0];
}
