// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/process_group.h"

#include <arpa/inet.h>
#include <functional>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace prunedamr::test {

/// A port of 127.0.0.1 that was free a moment ago.
inline int free_port()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    bind(socket, any, size);
    getsockname(socket, any, &size);
    close(socket);
    return ntohs(address.sin_port);
}

/// Runs `work` in `size` threads that form a process group, and returns what each threw ("" if nothing).
inline std::vector<std::string> in_processes(int size, const std::function<void(train::ProcessGroup&)>& work,
                                             const std::function<void(train::ProcessPlace&)>& adapt = {})
{
    std::vector<std::string> errors(static_cast<std::size_t>(size));
    std::vector<std::thread> threads;
    const int port = free_port();
    for (int rank = 0; rank < size; ++rank)
        threads.emplace_back([&, rank] {
            try {
                train::ProcessPlace place{ rank, size, "localhost", port, 1.0 };
                if (adapt)
                    adapt(place);
                train::ProcessGroup group(place);
                work(group);
            } catch (const std::exception& fault) {
                errors[static_cast<std::size_t>(rank)] = fault.what();
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    return errors;
}

} // namespace prunedamr::test
