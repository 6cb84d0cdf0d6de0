// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
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

/// The 32 bytes of a key; nothing for anything but 40 characters of Z85.
std::optional<std::string> decode_curve_key(const std::string& key);

} // namespace prunedamr::stream
