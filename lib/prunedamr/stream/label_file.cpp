// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/label_file.h"

#include "prunedamr/base/error.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace prunedamr::stream {
namespace {

constexpr int kWaitMs = 100;
constexpr std::size_t kMaxLineBytes = 65536; ///< of a label, several times

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

/// An open file, closed with its owner unless that is standard output.
class Descriptor
{
public:
    explicit Descriptor(int number = -1) : number_(number) {}
    ~Descriptor()
    {
        if (number_ > STDERR_FILENO)
            ::close(number_);
    }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    int number() const { return number_; }

private:
    int number_;
};

struct stat status_of(int descriptor)
{
    struct stat found {
    };
    if (::fstat(descriptor, &found) != 0)
        found.st_mode = 0;
    return found;
}

/// `bytes` of a file from `offset` on, or what there is of them.
std::string bytes_at(int descriptor, off_t offset, std::size_t bytes)
{
    std::string text(bytes, '\0');
    const ssize_t count = ::pread(descriptor, text.data(), bytes, offset);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

/// An open file that labels may be appended to: it has only labels, whole ones, and no other writer.
class OpenedFile
{
public:
    OpenedFile(const std::string& path, const LabelFile::Format& format)
        : path_(path), format_(format),
          file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666))
    {
        if (file_.number() < 0)
            throw SystemError("cannot create file", path, errno, "a writable path, or - for stdout");
        if (const auto found = status_of(file_.number()); S_ISREG(found.st_mode)) {
            claim();
            if (found.st_size > 0)
                check_content(found.st_size);
        }
    }

    Descriptor take() { return std::move(file_); }

private:
    /// Some file systems know no locks: there it is left to the user.
    void claim() const
    {
        if (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            throw Error({ "somebody else writes labels to this file", path_, "", "a file of its own" });
    }

    void check_content(off_t size) const
    {
        const Descriptor reading(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
        if (reading.number() < 0)
            throw SystemError("cannot see whether this file holds labels", path_, errno);
        const std::string start = bytes_at(reading.number(), 0, kMaxLineBytes);
        if (!format_.is_first(start.substr(0, start.find('\n'))))
            throw Error({ "this file holds something else than labels", path_, "",
                          "a file of labels, which is appended to, or a new one" });
        const auto tail_bytes = static_cast<std::size_t>(std::min<off_t>(size, kMaxLineBytes));
        const std::string tail = bytes_at(reading.number(), size - static_cast<off_t>(tail_bytes), tail_bytes);
        const std::size_t newline = tail.rfind('\n');
        const std::string last = newline == std::string::npos ? tail : tail.substr(newline + 1);
        if (!last.empty())
            complete(last, size);
    }

    /// The end of the file when no newline is there: a label gets one, half a label goes.
    void complete(const std::string& last, off_t size) const
    {
        const bool done = format_.is_whole(last)
                              ? ::write(file_.number(), "\n", 1) == 1
                              : ::ftruncate(file_.number(), size - static_cast<off_t>(last.size())) == 0;
        if (!done)
            throw SystemError("cannot complete the last line", path_, errno);
    }

    const std::string& path_;
    const LabelFile::Format& format_;
    Descriptor file_;
};

} // namespace

struct LabelFile::Impl {
    Impl(const std::string& path, Format format)
        : path(path), format(std::move(format)),
          file(path == "-" ? Descriptor(STDOUT_FILENO) : OpenedFile(path, this->format).take())
    {
    }

    /// Whoever renames it first means it to be written on, until `reopen`.
    bool is_removed() const
    {
        const struct stat opened = status_of(file.number());
        return S_ISREG(opened.st_mode) && opened.st_nlink == 0;
    }

    void open_again()
    {
        file = OpenedFile(path, format).take();
        has_header = false;
    }

    /// Into a file that has lines a header was written before, by whoever wrote these.
    bool needs_header()
    {
        if (format.header.empty() || std::exchange(has_header, true))
            return false;
        const struct stat opened = status_of(file.number());
        return !S_ISREG(opened.st_mode) || opened.st_size == 0;
    }

    /// A pipe that is writable takes PIPE_BUF bytes without blocking. False once abandoned.
    bool wait_for_reader() const
    {
        pollfd writable{ file.number(), POLLOUT, 0 };
        while (::poll(&writable, 1, abandoned.load() ? 0 : kWaitMs) <= 0)
            if (abandoned.load())
                return false;
        return true;
    }

    /// `done`: bytes of the line that were written before.
    void handle_failure(int error, std::size_t done)
    {
        if (error == EINTR || error == EAGAIN) // standard output may be shared with who made it non-blocking
            return;
        ended = true;
        if (error == EPIPE)
            return;
        cut_half_line(static_cast<off_t>(done));
        throw SystemError("cannot write labels", path, error);
    }

    /// Where the last `bytes` of a file are its own.
    void cut_half_line(off_t bytes) const
    {
        const struct stat opened = status_of(file.number());
        const bool at_end = path != "-" || ::lseek(file.number(), 0, SEEK_CUR) == opened.st_size;
        if (bytes > 0 && S_ISREG(opened.st_mode) && at_end)
            [[maybe_unused]] const int tried = ::ftruncate(file.number(), opened.st_size - bytes);
    }

    const std::string path;
    const Format format;
    Descriptor file;
    std::string line;
    bool has_header = false;
    bool ended = false;
    std::atomic<bool> abandoned{ false };
};

LabelFile::LabelFile(const std::string& path, Format format)
    : impl_(std::make_unique<Impl>(path, std::move(format)))
{
}

LabelFile::~LabelFile() = default;

void LabelFile::write(const std::string& text)
{
    if (impl_->ended)
        return;
    if (impl_->path != "-" && impl_->is_removed())
        impl_->open_again();
    std::string& line = impl_->line;
    line = impl_->needs_header() ? impl_->format.header + '\n' : std::string();
    line += text;
    line += '\n';
    const SigpipeBlocked guard;
    for (std::size_t done = 0; done < line.size() && !impl_->ended;) {
        if (!impl_->wait_for_reader())
            return;
        const ssize_t n = ::write(impl_->file.number(), line.data() + done,
                                  std::min<std::size_t>(line.size() - done, PIPE_BUF));
        if (n >= 0)
            done += static_cast<std::size_t>(n);
        else
            impl_->handle_failure(errno, done);
    }
}

void LabelFile::reopen()
{
    struct stat named {
    };
    const struct stat opened = status_of(impl_->file.number());
    if (impl_->path == "-" || !S_ISREG(opened.st_mode))
        return;
    if (::stat(impl_->path.c_str(), &named) != 0 || named.st_dev != opened.st_dev || named.st_ino != opened.st_ino)
        impl_->open_again();
}

bool LabelFile::has_ended() const noexcept
{
    return impl_->ended;
}

void LabelFile::abandon() noexcept
{
    impl_->abandoned.store(true);
}

} // namespace prunedamr::stream
