// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/sinks.h"

#include "prunedamr/base/error.h"
#include "prunedamr/receiver/outputs/peer.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

namespace prunedamr::receiver {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLook{ 5 }; ///< between two looks at programs that run

/// How a program is started: its standard input is the text, its output is discarded, its group and its signals are
/// its own.
class Spawn
{
public:
    explicit Spawn(const std::string& text) : Spawn() // from here on the destructor releases what is held
    {
        input_ = ::memfd_create("event", MFD_CLOEXEC);
        if (input_ < 0)
            throw SystemError("cannot hand over an event", "", errno);
        std::string_view rest = text;
        while (!rest.empty()) {
            const ssize_t written = ::write(input_, rest.data(), rest.size());
            if (written < 0)
                throw SystemError("cannot hand over an event", "", errno);
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
        ::lseek(input_, 0, SEEK_SET);
        posix_spawn_file_actions_adddup2(&actions_, input_, STDIN_FILENO);
        posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1); // sockets of libraries, too
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_,
                                 POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }

    ~Spawn()
    {
        posix_spawnattr_destroy(&attributes_);
        posix_spawn_file_actions_destroy(&actions_);
        if (input_ >= 0)
            ::close(input_);
    }

    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;

    pid_t run(const std::string& program)
    {
        char* arguments[] = { const_cast<char*>(program.c_str()), nullptr };
        pid_t process = 0;
        if (const int code = ::posix_spawn(&process, program.c_str(), &actions_, &attributes_, arguments, environ))
            throw SystemError("cannot start", program, code);
        return process;
    }

private:
    Spawn()
    {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
    }

    int input_ = -1;
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

class TriggerSink : public stream::LineSink
{
public:
    TriggerSink(const TriggerConfig& config, NoticeHandler notice)
        : config_(config), state_("trigger:" + config.program, std::move(notice))
    {
    }

    ~TriggerSink() override
    {
        for (const Child& child : children_) {
            ::kill(-child.process, SIGKILL);
            ::waitpid(child.process, nullptr, 0);
        }
    }

    void write_line(const std::string& json_line) override
    {
        wait_until_fewer_than(config_.children);
        try {
            children_.push_back({ Spawn(json_line + '\n').run(config_.program), Clock::now() + config_.time });
        } catch (const Error& error) {
            lose(error.what());
        }
    }

    void idle() override { look(); }
    void finish() override { wait_until_fewer_than(1); }
    void abandon() noexcept override { abandoned_.store(true); }
    std::uint64_t lost() const noexcept override { return state_.lost(); }

private:
    struct Child {
        pid_t process;
        Clock::time_point end; ///< it is killed then
    };

    /// Ends, for each program ends or is killed.
    void wait_until_fewer_than(int count)
    {
        for (look(); children_.size() >= static_cast<std::size_t>(count); look())
            std::this_thread::sleep_for(kLook);
    }

    void look()
    {
        for (auto child = children_.begin(); child != children_.end();)
            child = is_over(*child) ? children_.erase(child) : child + 1;
    }

    bool is_over(const Child& child)
    {
        int status = 0;
        const bool runs = ::waitpid(child.process, &status, WNOHANG) == 0;
        if (runs && !abandoned_.load() && Clock::now() < child.end)
            return false;
        if (runs) {
            ::kill(-child.process, SIGKILL);
            ::waitpid(child.process, nullptr, 0);
            lose("it took longer than " + std::to_string(config_.time.count()) + " ms and was killed");
        } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            lose(WIFEXITED(status) ? "it ended with exit code " + std::to_string(WEXITSTATUS(status))
                                   : "it was ended by signal " + std::to_string(WTERMSIG(status)));
        return true;
    }

    void lose(const std::string& why)
    {
        state_.lose(1);
        if (!std::exchange(told_, true))
            state_.tell(why + "; further failures are counted only");
    }

    const TriggerConfig config_;
    PeerState state_;
    std::vector<Child> children_;
    bool told_ = false;
    std::atomic<bool> abandoned_{ false };
};

} // namespace

std::unique_ptr<stream::Sink> make_trigger_sink(const TriggerConfig& config, NoticeHandler notice)
{
    const bool is_file = std::filesystem::is_regular_file(config.program);
    if (!is_file || ::access(config.program.c_str(), X_OK) != 0)
        throw SystemError("cannot run this program", "trigger:" + config.program, is_file ? errno : ENOENT,
                          "the path of a program");
    return std::make_unique<TriggerSink>(config, std::move(notice));
}

} // namespace prunedamr::receiver
