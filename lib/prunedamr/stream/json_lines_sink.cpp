// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/stream/sinks.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace prunedamr::stream {
namespace {

constexpr int kWaitMs = 100;

/// While it lives, writing to a closed pipe gives EPIPE to this thread instead of a signal to the process.
class SigpipeBlocked
{
public:
    SigpipeBlocked()
    {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }

    ~SigpipeBlocked()
    {
        const timespec at_once{};
        if (!sigismember(&before_, SIGPIPE))
            sigtimedwait(&pipe_, nullptr, &at_once); // takes the one that is pending
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

    SigpipeBlocked(const SigpipeBlocked&) = delete;
    SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

private:
    sigset_t pipe_, before_;
};

class JsonLinesSink : public LineSink
{
public:
    explicit JsonLinesSink(const std::string& path) : path_(path)
    {
        fd_ = path == "-" ? STDOUT_FILENO : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (fd_ < 0)
            throw SystemError("cannot create file", path, errno, "a writable path, or - for stdout");
    }

    ~JsonLinesSink() override
    {
        if (path_ != "-")
            ::close(fd_);
    }

    void write_line(const std::string& json_line) override
    {
        if (ended_)
            return;
        line_ = json_line;
        line_ += '\n';
        const SigpipeBlocked guard;
        std::size_t done = 0;
        while (done < line_.size() && !ended_) {
            if (!wait_for_reader())
                return;
            const ssize_t n = ::write(fd_, line_.data() + done, line_.size() - done);
            if (n >= 0)
                done += static_cast<std::size_t>(n);
            else
                handle_failure(errno);
        }
    }

    void abandon() noexcept override { abandoned_.store(true); }

private:
    /// A pipe that is writable takes a whole line (less than PIPE_BUF) without blocking. False once abandoned.
    bool wait_for_reader()
    {
        pollfd writable{ fd_, POLLOUT, 0 };
        while (::poll(&writable, 1, abandoned_.load() ? 0 : kWaitMs) <= 0)
            if (abandoned_.load())
                return false;
        return true;
    }

    void handle_failure(int error)
    {
        if (error == EINTR || error == EAGAIN) // standard output may be shared with who made it non-blocking
            return;
        ended_ = true;
        if (error != EPIPE)
            throw SystemError("cannot write labels", path_, error);
    }

    std::string path_;
    std::string line_;
    int fd_;
    bool ended_ = false;
    std::atomic<bool> abandoned_{ false };
};

} // namespace

std::unique_ptr<LineSink> make_json_lines_sink(const std::string& path)
{
    return std::make_unique<JsonLinesSink>(path);
}

} // namespace prunedamr::stream
