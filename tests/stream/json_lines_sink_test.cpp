// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/stream/sinks.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <sys/resource.h>
#include <unistd.h>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

std::filesystem::path scratch(const std::string& name)
{
    return std::filesystem::temp_directory_path() / ("prunedamr_" + std::to_string(::getpid()) + "_" + name);
}

std::string content_of(const std::filesystem::path& path)
{
    std::ifstream file(path);
    return { std::istreambuf_iterator<char>(file), {} };
}

std::string refusal_of(const std::string& path)
{
    try {
        make_json_lines_sink(path);
    } catch (const Error& e) {
        return e.parts().problem;
    }
    return "";
}

std::string label(int seq)
{
    LabelEvent event;
    event.seq = static_cast<std::uint64_t>(seq);
    return to_json_line(event);
}

/// While it lives, no file grows beyond `bytes`; the signal that says so is ignored, as by the receiver.
struct FileSizeLimit {
    explicit FileSizeLimit(rlim_t bytes)
    {
        getrlimit(RLIMIT_FSIZE, &before);
        const rlimit limit{ bytes, before.rlim_max };
        setrlimit(RLIMIT_FSIZE, &limit);
        handler = std::signal(SIGXFSZ, SIG_IGN);
    }
    ~FileSizeLimit()
    {
        setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, handler);
    }
    rlimit before{};
    void (*handler)(int) = nullptr;
};

} // namespace

TEST(JsonLinesSink, WritesALinePerEventAndCreatesTheFileAtOnce)
{
    const auto path = scratch("lines.jsonl");
    {
        const auto sink = make_json_lines_sink(path);
        EXPECT_EQ(std::filesystem::file_size(path), 0u);
        sink->write_line("{\"a\":1}");
        EXPECT_EQ(std::filesystem::file_size(path), 8u); // before anything is closed or flushed
        sink->write_line("{\"b\":2}");
    }
    std::ifstream file(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "{\"a\":1}\n{\"b\":2}\n");
    std::filesystem::remove(path);
}

TEST(JsonLinesSink, AppendsToLabelsAndRefusesEverythingElse)
{
    const auto path = scratch("kept.jsonl");
    make_json_lines_sink(path)->write_line(label(1));
    make_json_lines_sink(path)->write_line(label(2));
    EXPECT_EQ(content_of(path), label(1) + "\n" + label(2) + "\n");
    for (const std::string other : { "a recording", "{\"weights\":1}\n", "\n", "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6" }) {
        std::ofstream(path) << other;
        EXPECT_EQ(refusal_of(path), "this file holds something else than labels");
        EXPECT_EQ(content_of(path), other);
    }
    std::filesystem::remove(path);
}

TEST(JsonLinesSink, HalfALineOfAKilledProcessIsCutAndAWholeOneIsCompleted)
{
    const auto path = scratch("half.jsonl");
    for (const std::string& end : { label(2).substr(0, 30), label(2) }) {
        std::ofstream(path) << label(1) << "\n" << end;
        make_json_lines_sink(path)->write_line(label(3));
        EXPECT_EQ(content_of(path), label(1) + "\n" + (end == label(2) ? end + "\n" : "") + label(3) + "\n");
    }
    std::filesystem::remove(path);
}

TEST(JsonLinesSink, OneFileHasOneWriter)
{
    const auto path = scratch("one.jsonl");
    {
        const auto sink = make_json_lines_sink(path);
        std::filesystem::create_symlink(path, path.string() + ".link");
        EXPECT_EQ(refusal_of(path), "somebody else writes labels to this file");
        EXPECT_EQ(refusal_of(path.string() + ".link"), "somebody else writes labels to this file");
    }
    EXPECT_EQ(refusal_of(path), "");
    std::filesystem::remove(path.string() + ".link");
    std::filesystem::remove(path);
}

TEST(JsonLinesSink, AFullDiskLeavesWholeLines)
{
    const auto path = scratch("full.jsonl");
    const auto sink = make_json_lines_sink(path);
    sink->write_line(label(1));
    {
        const FileSizeLimit limit(label(1).size() + 20);
        EXPECT_THROW(sink->write_line(label(2)), SystemError);
    }
    EXPECT_EQ(content_of(path), label(1) + "\n");
    std::filesystem::remove(path);
}

TEST(JsonLinesSink, ARemovedFileIsCreatedAgainAndARenamedOneOnReopening)
{
    const auto path = scratch("rotated.jsonl"), aside = scratch("rotated.jsonl.1");
    const auto sink = make_json_lines_sink(path);
    sink->write_line(label(1));
    std::filesystem::remove(path);
    sink->write_line(label(2));
    EXPECT_EQ(content_of(path), label(2) + "\n");
    std::filesystem::rename(path, aside);
    sink->write_line(label(3)); // whoever rotates files asks for it
    EXPECT_EQ(content_of(aside), label(2) + "\n" + label(3) + "\n");
    sink->reopen();
    sink->write_line(label(4));
    sink->reopen(); // nothing has moved
    sink->write_line(label(5));
    EXPECT_EQ(content_of(path), label(4) + "\n" + label(5) + "\n");
    std::filesystem::remove(path);
    std::filesystem::remove(aside);
}

TEST(JsonLinesSink, RefusesAPathThatCannotBeCreated)
{
    try {
        make_json_lines_sink("/nonexistent/labels.jsonl");
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.parts().where, "/nonexistent/labels.jsonl");
        EXPECT_EQ(e.parts().found, "No such file or directory");
    }
}

TEST(JsonLinesSink, ClosedPipeEndsQuietly)
{
    ASSERT_NE(std::signal(SIGPIPE, SIG_DFL), SIG_ERR);
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const auto sink = make_json_lines_sink("/dev/fd/" + std::to_string(pipe_ends[1]));
    sink->write_line("first");
    char text[16];
    EXPECT_EQ(::read(pipe_ends[0], text, sizeof(text)), 6);
    ::close(pipe_ends[0]);
    EXPECT_FALSE(sink->has_ended());
    sink->write_line("second");
    EXPECT_TRUE(sink->has_ended());
    sink->write_line("third");
    sigset_t pending;
    sigpending(&pending);
    EXPECT_FALSE(sigismember(&pending, SIGPIPE));
    ::close(pipe_ends[1]);
}

TEST(JsonLinesSink, ALineThatAStalledReaderDoesNotTakeKeepsNobodyOnceItIsAbandoned)
{
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const auto sink = make_json_lines_sink("/dev/fd/" + std::to_string(pipe_ends[1]));
    auto writing = std::async(std::launch::async, [&] { sink->write_line(std::string(1 << 20, 'x')); });
    sink->abandon();
    EXPECT_EQ(writing.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    ::close(pipe_ends[0]); // who waits nevertheless is let go
    writing.get();
    ::close(pipe_ends[1]);
}
