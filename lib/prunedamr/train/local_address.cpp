// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/local_address.h"

#include "prunedamr/base/error.h"

#include <memory>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace prunedamr::train {
namespace {

struct Route {
    std::string to;
    std::string from;
};

std::string text_of(const sockaddr* address, socklen_t size)
{
    char text[NI_MAXHOST] = "";
    getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    return text;
}

/// Connecting a datagram socket sends nothing, but makes the system choose the address that it would send from.
bool find_route(const addrinfo& there, Route& route)
{
    const int socket = ::socket(there.ai_family, SOCK_DGRAM, 0);
    if (socket < 0)
        return false;
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    auto* address = reinterpret_cast<sockaddr*>(&own);
    const bool found =
        connect(socket, there.ai_addr, there.ai_addrlen) == 0 && getsockname(socket, address, &size) == 0;
    close(socket);
    if (found)
        route = { text_of(there.ai_addr, there.ai_addrlen), text_of(address, size) };
    return found;
}

Route route_to(const std::string& machine)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* list = nullptr;
    constexpr const char* kAnyPort = "9";
    if (const int fault = getaddrinfo(machine.c_str(), kAnyPort, &hints, &list); fault != 0)
        throw Error({ "unknown machine", "MASTER_ADDR", machine + " (" + gai_strerror(fault) + ")",
                      "name or address of the machine of process 0" });
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
    Route route;
    for (const addrinfo* there = list; there != nullptr; there = there->ai_next)
        if (find_route(*there, route))
            return route;
    throw Error({ "no network interface leads there", "MASTER_ADDR", machine, "" });
}

} // namespace

std::string numeric_address(const std::string& machine)
{
    return route_to(machine).to;
}

std::string local_address(const std::string& machine)
{
    return route_to(machine).from;
}

} // namespace prunedamr::train
