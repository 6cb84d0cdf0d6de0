// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/service.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace prunedamr::cli {
namespace {

std::string environment(const char* name)
{
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// Connected; -1 where `name` is no address of a socket, or nobody listens. "@name" is an abstract one.
int connected(const std::string& name)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() < 2 || name.size() >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@'))
        return -1;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (made >= 0 && ::connect(made, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
        ::close(made);
        return -1;
    }
    return made;
}

} // namespace

Service::Service() : socket_(connected(environment("NOTIFY_SOCKET")))
{
    const std::string pid = environment("WATCHDOG_PID");
    if (pid.empty() || pid == std::to_string(::getpid()))
        watchdog_ = std::chrono::microseconds(std::strtoll(environment("WATCHDOG_USEC").c_str(), nullptr, 10)) / 4;
    for (const char* name : { "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC" })
        ::unsetenv(name);
}

Service::~Service()
{
    if (socket_ >= 0)
        ::close(socket_);
}

void Service::ready()
{
    if (!std::exchange(ready_, true))
        send("READY=1");
}

void Service::alive()
{
    const auto now = Clock::now();
    if (watchdog_ <= Clock::duration::zero() || now < next_alive_)
        return;
    next_alive_ = now + watchdog_;
    send("WATCHDOG=1");
}

void Service::stopping()
{
    send("STOPPING=1");
}

/// A manager that is busy is not waited for.
void Service::send(const std::string& state)
{
    if (socket_ >= 0)
        (void)::send(socket_, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

} // namespace prunedamr::cli
