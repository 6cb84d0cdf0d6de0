// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/curve_key.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"

#include <zmq.h>

#include <regex>

namespace prunedamr::stream {

std::string read_curve_secret_key(const std::string& path)
{
    constexpr std::size_t kMostBytes = 10'000;
    const std::string text = read_file(path, kMostBytes);
    static const std::regex certificate("(?:^|\\n)[ \\t]*secret-key[ \\t]*=[ \\t]*\"([^\"\\n]*)\""),
        key("\\s*(\\S+)\\s*");
    std::smatch found;
    char public_key[41];
    if (!std::regex_search(text, found, certificate) && !std::regex_match(text, found, key))
        throw Error{ { "no CURVE secret key in this file", path, "", "40 characters of Z85, or NAME.key_secret" } };
    const std::string secret = found[1];
    if (secret.size() != 40 || zmq_curve_public(public_key, secret.c_str()) != 0)
        throw Error{ { "bad CURVE secret key", path, "", "40 characters of Z85" } };
    return secret;
}

} // namespace prunedamr::stream
