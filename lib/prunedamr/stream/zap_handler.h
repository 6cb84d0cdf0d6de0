// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zmq.hpp>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace prunedamr::stream {

/// Admits CURVE clients by their public keys to the server sockets of a context: ZeroMQ's authentication protocol
/// (RFC 27) on a thread of its own. To be made before the sockets bind and to end after they are closed; its end
/// shuts the context down. Whoever is not listed, or is no CURVE client, is refused, also while it cannot answer.
class ZapHandler
{
public:
    /// `client_keys`: public keys, 40 characters of Z85 each.
    ZapHandler(zmq::context_t& context, const std::vector<std::string>& client_keys);
    ~ZapHandler();
    ZapHandler(const ZapHandler&) = delete;
    ZapHandler& operator=(const ZapHandler&) = delete;

private:
    void serve();
    void answer(const std::vector<std::string>& request);

    zmq::context_t& context_;
    std::set<std::string> admitted_; ///< 32 bytes each
    zmq::socket_t socket_;           ///< stays bound when the thread has ended: unanswered clients are not admitted
    std::thread thread_;
};

} // namespace prunedamr::stream
