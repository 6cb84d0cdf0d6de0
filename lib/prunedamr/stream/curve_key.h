// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace prunedamr::stream {

/// The secret key of a file, for `ZmqConfig::curve_secret_key`: 40 characters of Z85 (ZeroMQ RFC 32) and nothing
/// else, or a certificate as `zmq.auth.create_certificates` of pyzmq writes it (NAME.key_secret). Throws `Error`
/// naming the file.
std::string read_curve_secret_key(const std::string& path);

} // namespace prunedamr::stream
