// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace prunedamr::receiver {

/// "HOST:PORT", "[IPV6]:PORT" or, where a host is not needed, "PORT".
struct HostPort {
    std::string host; ///< empty: none given
    std::string port; ///< 1..65535
};

/// Throws `Error` naming `text` for what is none.
HostPort parse_host_port(const std::string& text, const std::string& form);

/// A connected socket, or a bound UDP one. All functions throw `Error` with the name that it was made with.
class Socket
{
public:
    static Socket connect_tcp(const std::string& address, const std::string& name);
    static Socket bind_udp(const std::string& address, const std::string& name);
    static Socket connect_udp(const std::string& address, const std::string& name);
    static Socket connect_unix_datagram(const std::string& path, const std::string& name);
    ~Socket();
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&&) = delete;

    /// Up to `size` bytes of a stream, or a datagram, once there are any, within `wait`. None: nothing came. An end
    /// of a stream throws.
    std::optional<std::size_t> receive(std::byte* bytes, std::size_t size, std::chrono::milliseconds wait);

    /// All of them. Throws when that takes a second.
    void receive_all(std::byte* bytes, std::size_t size);
    void send_all(const std::byte* bytes, std::size_t size);

    /// As one datagram. Throws when the system has no room for it within a tenth of a second.
    void send_datagram(const std::byte* bytes, std::size_t size);

    /// Of a UDP socket: datagrams dropped by the system since it was bound.
    std::uint32_t dropped() const noexcept { return dropped_; }

private:
    Socket(int descriptor, std::string name, bool is_stream);
    std::optional<std::size_t> receive_now(std::byte* bytes, std::size_t size);
    [[noreturn]] void fail(const char* problem, int code) const;

    int descriptor_;
    std::string name_;
    bool is_stream_;
    std::uint32_t dropped_ = 0;
};

} // namespace prunedamr::receiver
