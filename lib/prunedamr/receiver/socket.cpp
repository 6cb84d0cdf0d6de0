// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/socket.h"

#include "prunedamr/base/error.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace prunedamr::receiver {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{ 1000 };   ///< for an answer of a peer
constexpr milliseconds kRoomPatience{ 100 }; ///< for room for a datagram
constexpr int kDatagramRoomBytes = 4 << 20; ///< wanted; the system may give less

struct FreeAddresses {
    void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses resolve(const HostPort& wanted, int type, int flags, const std::string& name)
{
    addrinfo hints{};
    hints.ai_socktype = type;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    if (const int code = getaddrinfo(wanted.host.c_str(), wanted.port.c_str(), &hints, &list))
        throw Error{ { "no such address", name, gai_strerror(code), "" } };
    return Addresses(list);
}

bool wait_until(int descriptor, short events, milliseconds wait)
{
    pollfd state{ descriptor, events, 0 };
    return poll(&state, 1, static_cast<int>(wait.count())) > 0;
}

/// 0 or an errno value.
int finish_connecting(int descriptor)
{
    if (!wait_until(descriptor, POLLOUT, kPatience))
        return ETIMEDOUT;
    int code = 0;
    socklen_t size = sizeof code;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

} // namespace

HostPort parse_host_port(const std::string& text, const std::string& form)
{
    const auto colon = text.rfind(':');
    HostPort result{ colon == std::string::npos ? "" : text.substr(0, colon), text.substr(colon + 1) };
    const bool brackets = result.host.size() >= 2 && result.host.front() == '[' && result.host.back() == ']';
    const bool bare_ipv6 = !brackets && result.host.find(':') != std::string::npos;
    if (brackets)
        result.host = result.host.substr(1, result.host.size() - 2);
    const bool digits = !result.port.empty() && result.port.size() <= 5 &&
                        result.port.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || std::stoi(result.port) < 1 || std::stoi(result.port) > 65535 || bare_ipv6 || colon == 0 ||
        (brackets && result.host.empty()))
        throw InvalidArgument{ { "bad address", "", text, form + " with a port of 1..65535" } };
    return result;
}

Socket Socket::connect_tcp(const std::string& address, const std::string& name)
{
    const HostPort wanted = parse_host_port(address, "HOST:PORT");
    if (wanted.host.empty())
        throw InvalidArgument{ { "bad address", name, address, "HOST:PORT" } };
    const Addresses addresses = resolve(wanted, SOCK_STREAM, 0, name);
    int code = 0;
    for (const addrinfo* at = addresses.get(); at; at = at->ai_next) {
        Socket socket(::socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol),
                      name, true);
        if (socket.descriptor_ < 0) {
            code = errno;
            continue;
        }
        code = ::connect(socket.descriptor_, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
        if (code == EINPROGRESS)
            code = finish_connecting(socket.descriptor_);
        if (code == 0)
            return socket;
    }
    throw SystemError("cannot connect", name, code);
}

Socket Socket::bind_udp(const std::string& address, const std::string& name)
{
    HostPort wanted = parse_host_port(address, "PORT or ADDRESS:PORT");
    if (wanted.host.empty())
        wanted.host = "127.0.0.1";
    const Addresses addresses = resolve(wanted, SOCK_DGRAM, AI_PASSIVE, name);
    Socket socket(::socket(addresses->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), name, false);
    const int on = 1;
    if (socket.descriptor_ < 0 || ::bind(socket.descriptor_, addresses->ai_addr, addresses->ai_addrlen) != 0)
        throw SystemError("cannot listen", name, errno);
    setsockopt(socket.descriptor_, SOL_SOCKET, SO_RCVBUF, &kDatagramRoomBytes, sizeof kDatagramRoomBytes);
    setsockopt(socket.descriptor_, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    return socket;
}

Socket Socket::connect_udp(const std::string& address, const std::string& name)
{
    const HostPort wanted = parse_host_port(address, "HOST:PORT");
    if (wanted.host.empty())
        throw InvalidArgument{ { "bad address", name, address, "HOST:PORT" } };
    const Addresses addresses = resolve(wanted, SOCK_DGRAM, 0, name);
    Socket socket(::socket(addresses->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), name, false);
    if (socket.descriptor_ < 0 || ::connect(socket.descriptor_, addresses->ai_addr, addresses->ai_addrlen) != 0)
        throw SystemError("cannot send datagrams", name, errno);
    return socket;
}

Socket Socket::connect_unix_datagram(const std::string& path, const std::string& name)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        throw InvalidArgument{ { "bad path of a socket", name, path, "1 to 107 bytes" } };
    std::memcpy(address.sun_path, path.data(), path.size());
    Socket socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), name, false);
    if (socket.descriptor_ < 0 ||
        ::connect(socket.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw SystemError("cannot connect", name, errno);
    return socket;
}

Socket::Socket(int descriptor, std::string name, bool is_stream)
    : descriptor_(descriptor), name_(std::move(name)), is_stream_(is_stream)
{
}

Socket::~Socket()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

Socket::Socket(Socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), name_(std::move(other.name_)), is_stream_(other.is_stream_)
{
}

std::optional<std::size_t> Socket::receive(std::byte* bytes, std::size_t size, milliseconds wait)
{
    if (const auto at_once = receive_now(bytes, size))
        return at_once;
    return wait.count() > 0 && wait_until(descriptor_, POLLIN, wait) ? receive_now(bytes, size) : std::nullopt;
}

std::optional<std::size_t> Socket::receive_now(std::byte* bytes, std::size_t size)
{
    iovec part{ bytes, size };
    alignas(cmsghdr) char control[64];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = ::recvmsg(descriptor_, &message, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return std::nullopt;
    if (got < 0)
        fail("connection lost", errno);
    if (got == 0 && is_stream_)
        throw Error{ { "the server has closed the connection", name_, "", "" } };
    for (cmsghdr* note = CMSG_FIRSTHDR(&message); note; note = CMSG_NXTHDR(&message, note))
        if (note->cmsg_level == SOL_SOCKET && note->cmsg_type == SO_RXQ_OVFL)
            std::memcpy(&dropped_, CMSG_DATA(note), sizeof dropped_);
    return static_cast<std::size_t>(got);
}

void Socket::receive_all(std::byte* bytes, std::size_t size)
{
    while (size > 0) {
        const auto got = receive(bytes, size, kPatience);
        if (!got)
            fail("no answer", ETIMEDOUT);
        bytes += *got;
        size -= *got;
    }
}

void Socket::send_all(const std::byte* bytes, std::size_t size)
{
    while (size > 0) {
        const ssize_t sent = ::send(descriptor_, bytes, size, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            size -= static_cast<std::size_t>(sent);
        } else if ((errno != EAGAIN && errno != EINTR) || !wait_until(descriptor_, POLLOUT, kPatience)) {
            fail("connection lost", errno);
        }
    }
}

void Socket::send_datagram(const std::byte* bytes, std::size_t size)
{
    while (::send(descriptor_, bytes, size, MSG_NOSIGNAL) < 0)
        if ((errno != EAGAIN && errno != EINTR) || !wait_until(descriptor_, POLLOUT, kRoomPatience))
            fail("cannot send", errno);
}

void Socket::fail(const char* problem, int code) const
{
    throw SystemError(problem, name_, code);
}

} // namespace prunedamr::receiver
