// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/curve.h"
#include "prunedamr/stream/sinks.h"

#include <zmq.hpp>

#include <functional>
#include <optional>
#include <string>

namespace prunedamr::stream {

/// A ZeroMQ socket that is bound and, with the keys of its configuration, encrypted and open to the clients that it lists; beyond
/// this machine only so.
class ZmqServer
{
public:
    /// `set`: its further options, before it binds. Throws `Error` for an endpoint or a key that is none, for one that is open to the
    /// network, and where it cannot bind.
    ZmqServer(const ZmqConfig& config, zmq::socket_type type, const std::function<void(zmq::socket_t&)>& set);

    zmq::socket_t& socket() { return socket_; }
    const std::string& chosen_address() const { return chosen_address_; } ///< where the endpoint left the port open

private:
    std::string chosen_address_;
    zmq::context_t context_;
    std::optional<ZapHandler> handler_; ///< outlives the socket
    zmq::socket_t socket_;
};

} // namespace prunedamr::stream
