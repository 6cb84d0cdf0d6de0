// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/zmq_server.h"

#include "prunedamr/base/error.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace prunedamr::stream {
namespace {

bool starts_with(const std::string& text, const char* prefix)
{
    return text.rfind(prefix, 0) == 0;
}

bool ends_with(const std::string& text, const std::string& suffix)
{
    return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

/// Only 127.x.x.x, ::1 and localhost; "*" and interface names reach further.
bool is_loopback(const std::string& endpoint)
{
    const std::string host = endpoint.substr(6, endpoint.rfind(':') - 6);
    const bool only_digits = host.find_first_not_of("0123456789.") == std::string::npos;
    return host == "localhost" || host == "[::1]" || (starts_with(host, "127.") && only_digits);
}

/// ZeroMQ binds to addresses and interfaces, not to host names.
std::string bindable(const std::string& endpoint)
{
    const std::string localhost = "tcp://localhost:";
    return starts_with(endpoint, localhost.c_str()) ? "tcp://127.0.0.1:" + endpoint.substr(localhost.size())
                                                    : endpoint;
}

/// ZeroMQ itself takes any number modulo 65536, and what stands behind it.
void check_port(const std::string& endpoint)
{
    const std::string port = endpoint.substr(endpoint.rfind(':') + 1);
    unsigned number = 0;
    const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool good = port == "*" || (fault == std::errc() && end == port.data() + port.size() && number <= 65535);
    if (!good)
        throw Error({ "cannot bind ZeroMQ socket", endpoint, "port " + port, "1..65535, or * for any free one" });
}

/// ZeroMQ takes a path from whoever serves it. One that nobody serves is what a killed process left.
void check_path(const std::string& path)
{
    struct stat file {
    };
    if (path.empty() || path == "*" || path[0] == '@' || lstat(path.c_str(), &file) != 0)
        return;
    if (!S_ISSOCK(file.st_mode))
        throw Error({ "ZeroMQ would replace this file by its socket", path, "a file", "a path that is free" });
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return; // no socket of that name could be bound
    std::memcpy(address.sun_path, path.data(), path.size());
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool served = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
                        (errno != ECONNREFUSED && errno != ENOENT);
    ::close(probe);
    if (served)
        throw Error({ "cannot bind ZeroMQ socket", path, "another process that serves it", "a path that is free" });
}

void check(const ZmqConfig& config)
{
    const bool tcp = starts_with(config.endpoint, "tcp://");
    if (!tcp && !starts_with(config.endpoint, "ipc://"))
        throw Error({ "bad ZeroMQ endpoint", config.endpoint, "", "tcp://ADDRESS:PORT or ipc://PATH" });
    if (config.high_water_mark < 1)
        throw Error(
            { "bad high-water mark", config.endpoint, std::to_string(config.high_water_mark), "1 or more" });
    if (tcp)
        check_port(config.endpoint);
    else
        check_path(config.endpoint.substr(6));
    char public_key[41];
    if (!config.curve_secret_key.empty() && (config.curve_secret_key.size() != 40 ||
                                             zmq_curve_public(public_key, config.curve_secret_key.c_str()) != 0))
        throw Error({ "bad CURVE secret key", config.endpoint, "", "40 characters of Z85" });
    for (const auto& key : config.curve_client_keys)
        if (!decode_curve_key(key))
            throw Error({ "bad CURVE public key of a client", config.endpoint, "", "40 characters of Z85" });
    if (config.curve_secret_key.empty() && !config.curve_client_keys.empty())
        throw Error(
            { "client keys cannot be checked", config.endpoint, "no CURVE secret key", "a CURVE secret key" });
    if (tcp && !is_loopback(config.endpoint) && config.curve_client_keys.empty())
        throw Error({ "labels would be readable by the network", config.endpoint,
                      config.curve_secret_key.empty() ? "no CURVE key" : "no list of client keys",
                      "a loopback address, or a CURVE secret key and a list of client keys" });
}

const ZmqConfig& checked(const ZmqConfig& config)
{
    check(config);
    return config;
}

} // namespace

ZmqServer::ZmqServer(const ZmqConfig& config, zmq::socket_type type, const std::function<void(zmq::socket_t&)>& set)
    : socket_(context_, (checked(config), type))
{
    set(socket_);
    socket_.set(zmq::sockopt::ipv6, config.endpoint.find('[') != std::string::npos);
    if (!config.curve_client_keys.empty()) { // before the socket binds: no client may come first
        handler_.emplace(context_, config.curve_client_keys);
        socket_.set(zmq::sockopt::zap_domain, "labels");
    }
    if (!config.curve_secret_key.empty()) {
        socket_.set(zmq::sockopt::curve_server, true);
        socket_.set(zmq::sockopt::curve_secretkey, config.curve_secret_key);
    }
    try {
        socket_.bind(bindable(config.endpoint));
        if (ends_with(config.endpoint, "*") || ends_with(config.endpoint, ":0"))
            chosen_address_ = socket_.get(zmq::sockopt::last_endpoint);
    } catch (const zmq::error_t& e) {
        throw Error({ "cannot bind ZeroMQ socket", config.endpoint, e.what(), "" });
    }
}

} // namespace prunedamr::stream
