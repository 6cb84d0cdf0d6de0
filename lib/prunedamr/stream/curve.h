// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zmq.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace prunedamr::stream {

/// The secret key of a file, for `ZmqConfig::curve_secret_key`: 40 characters of Z85 (ZeroMQ RFC 32) and nothing
/// else, or a certificate as `zmq.auth.create_certificates` of pyzmq writes it (NAME.key_secret). Throws `Error`
/// naming the file.
std::string read_curve_secret_key(const std::string& path);

/// What is strange about the file of a secret key, to be told to the user: that others on this machine can read it.
std::optional<std::string> curve_secret_key_warning(const std::string& path);

/// The public keys of clients, for `ZmqConfig::curve_client_keys`: of a certificate (NAME.key of pyzmq), of a file
/// of keys (40 characters of Z85 each, white space between them), or of all certificates NAME.key in a folder.
/// At least one. Throws `Error` naming the file or folder.
std::vector<std::string> read_curve_client_keys(const std::string& path);

/// Of a folder of certificates, NAME by key; of a file, none: its keys have no names. Throws as `read_curve_client_keys`.
std::map<std::string, std::string> read_curve_client_names(const std::string& path);

/// The 32 bytes of a key; nothing for anything but 40 characters of Z85.
std::optional<std::string> decode_curve_key(const std::string& key);

/// Admits CURVE clients by their public keys to the server sockets of a context: ZeroMQ's authentication protocol
/// (RFC 27) on a thread of its own. To be made before the sockets bind and to end after they are closed; its end
/// shuts the context down. Messages of an admitted client have its key as their property "User-Id". Whoever is not listed, or is no CURVE client, is refused, also while it cannot answer.
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
