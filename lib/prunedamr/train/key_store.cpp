// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/rendezvous.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace prunedamr::train {
namespace {

using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

constexpr std::uint32_t kMaxWords = 1 << 16, kMaxWordBytes = 1 << 24; ///< of a message: whoever connects may send it
constexpr auto kRetry = std::chrono::milliseconds(50);
constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours(24 * 365);
constexpr int kWaitingClients = 1024;

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

struct FreeAddresses {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

std::unique_ptr<addrinfo, FreeAddresses> resolve(const char* address, std::uint16_t port, int flags)
{
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    if (const int fault = getaddrinfo(address, std::to_string(port).c_str(), &hints, &found); fault != 0)
        throw std::runtime_error(gai_strerror(fault));
    return std::unique_ptr<addrinfo, FreeAddresses>(found);
}

void send_all(int socket, const void* bytes, std::size_t count)
{
    for (std::size_t done = 0; done < count;) {
        const ssize_t sent = ::send(socket, static_cast<const char*>(bytes) + done, count - done, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            fail("send");
        done += sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
}

void receive_all(int socket, void* bytes, std::size_t count)
{
    for (std::size_t done = 0; done < count;) {
        const ssize_t got = ::recv(socket, static_cast<char*>(bytes) + done, count - done, 0);
        if (got == 0)
            throw std::runtime_error("the other side has closed the connection");
        if (got < 0 && errno != EINTR)
            fail("receive");
        done += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
}

/// A message: how many words, then each with its length, all numbers 32 bits in network order.
void send_words(int socket, const Words& words)
{
    std::string bytes;
    const auto add = [&](std::size_t number) {
        const std::uint32_t big = htonl(static_cast<std::uint32_t>(number));
        bytes.append(reinterpret_cast<const char*>(&big), sizeof big);
    };
    add(words.size());
    for (const std::string& word : words) {
        if (word.size() > kMaxWordBytes)
            throw std::runtime_error("value is too large for the store");
        add(word.size());
        bytes += word;
    }
    send_all(socket, bytes.data(), bytes.size());
}

Words receive_words(int socket)
{
    const auto number = [&](std::uint32_t most) {
        std::uint32_t big = 0;
        receive_all(socket, &big, sizeof big);
        if (ntohl(big) > most)
            throw std::runtime_error("malformed message");
        return ntohl(big);
    };
    Words words(number(kMaxWords));
    for (std::string& word : words) {
        word.resize(number(kMaxWordBytes));
        receive_all(socket, word.data(), word.size());
    }
    return words;
}

/// Listens on that address; on all where it is no address of this machine but leads here all the same.
int listen_at(const std::string& address, std::uint16_t port)
{
    const auto own = resolve(address.c_str(), port, AI_NUMERICHOST), any = resolve(nullptr, port, AI_PASSIVE);
    for (const addrinfo* place : { own.get(), any.get() }) {
        const int socket = ::socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int yes = 1;
        if (socket >= 0 && setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
            ::bind(socket, place->ai_addr, place->ai_addrlen) == 0 && ::listen(socket, kWaitingClients) == 0)
            return socket;
        const int fault = errno;
        ::close(socket);
        errno = fault;
        if (fault != EADDRNOTAVAIL)
            break;
    }
    fail("listen");
}

/// Whether a socket has met itself: a connection to a port that nobody serves may take that port for its own end.
bool is_own_end(int socket)
{
    sockaddr_storage here{}, there{};
    socklen_t here_size = sizeof here, there_size = sizeof there;
    return getsockname(socket, reinterpret_cast<sockaddr*>(&here), &here_size) == 0 &&
           getpeername(socket, reinterpret_cast<sockaddr*>(&there), &there_size) == 0 && here_size == there_size &&
           std::memcmp(&here, &there, here_size) == 0;
}

/// One attempt until `end`; negative, with errno, when nobody answers.
int try_to_connect(const addrinfo& place, Clock::time_point end)
{
    const int socket = ::socket(place.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0)
        fail("socket");
    int fault = ::connect(socket, place.ai_addr, place.ai_addrlen) == 0 ? 0 : errno;
    if (fault == EINPROGRESS) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd ready{ socket, POLLOUT, 0 };
        socklen_t size = sizeof fault;
        if (::poll(&ready, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30))) <= 0)
            fault = ETIMEDOUT;
        else
            getsockopt(socket, SOL_SOCKET, SO_ERROR, &fault, &size);
    }
    if (fault == 0 && is_own_end(socket))
        fault = ECONNREFUSED;
    if (fault == 0 && ::fcntl(socket, F_SETFL, 0) == 0) // blocking from here on
        return socket;
    ::close(socket);
    errno = fault;
    return -1;
}

int connect_to(const std::string& address, std::uint16_t port, std::chrono::milliseconds timeout)
{
    const auto place = resolve(address.c_str(), port, AI_NUMERICHOST);
    const auto end = Clock::now() + timeout;
    while (true) {
        if (const int socket = try_to_connect(*place, end); socket >= 0) {
            const int yes = 1, idle_s = 30, interval_s = 10; // a machine that is gone is found out
            setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
            setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
            setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
            return socket;
        }
        if (Clock::now() + kRetry >= end)
            fail("connect");
        std::this_thread::sleep_for(kRetry);
    }
}

} // namespace

/// The keys, and a thread for each process that uses them.
class KeyStore::Server
{
public:
    Server(const std::string& address, std::uint16_t port)
        : listener_(listen_at(address, port)), thread_([this] { accept_all(); })
    {
    }

    ~Server()
    {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
        for (auto& client : clients_) {
            ::shutdown(client.socket, SHUT_RDWR);
            client.thread.join();
            ::close(client.socket);
        }
    }

private:
    struct Client {
        int socket;
        std::thread thread;
    };

    void accept_all()
    {
        while (true) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            const int fault = errno;
            const std::lock_guard lock(mutex_);
            if (socket >= 0)
                clients_.push_back({ socket, std::thread([this, socket] { serve(socket); }) });
            else if (stopping_ || (fault != EINTR && fault != ECONNABORTED))
                return;
        }
    }

    void serve(int socket)
    {
        try {
            while (true)
                send_words(socket, answer(receive_words(socket)));
        } catch (const std::exception&) { // it has left, or speaks another language
            ::shutdown(socket, SHUT_RDWR);
        }
    }

    bool has_all(const Words& request, std::size_t first) const
    {
        return std::all_of(request.begin() + static_cast<std::ptrdiff_t>(first), request.end(),
                           [this](const std::string& key) { return keys_.count(key) > 0; });
    }

    Words answer(const Words& request)
    {
        std::unique_lock lock(mutex_);
        const std::string& what = request.at(0);
        if (what == "count")
            return { std::to_string(keys_.size()) };
        if (what == "check")
            return { has_all(request, 1) ? "yes" : "no" };
        const std::string& key = request.at(1);
        if (what == "wait") { // the time is in the place of the key
            const Duration time(std::clamp<std::int64_t>(std::stoll(key), 0, kLongestWait.count()));
            changed_.wait_for(lock, time, [&] { return stopping_ || has_all(request, 2); });
            return { has_all(request, 2) ? "yes" : "no" };
        }
        if (what == "delete")
            return { keys_.erase(key) > 0 ? "yes" : "no" };
        if (what == "get")
            return keys_.count(key) > 0 ? Words{ keys_[key] } : Words{};
        if (what == "set")
            keys_[key] = request.at(2);
        else if (what == "add")
            keys_[key] = std::to_string((keys_.count(key) > 0 ? std::stoll(keys_[key]) : 0) +
                                        std::stoll(request.at(2)));
        else if (what != "compare and set")
            throw std::runtime_error("unknown request");
        else if (keys_.count(key) > 0 ? keys_[key] == request.at(2) : request.at(2).empty())
            keys_[key] = request.at(3);
        else
            return { keys_.count(key) > 0 ? keys_[key] : request.at(2) };
        changed_.notify_all();
        return { keys_[key] };
    }

    int listener_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::string> keys_;
    std::vector<Client> clients_;
    bool stopping_ = false;
    std::thread thread_;
};

KeyStore::KeyStore(const std::string& address, std::uint16_t port, bool serves, Duration timeout) : Store(timeout)
{
    if (serves)
        server_ = std::make_unique<Server>(address, port);
    socket_ = connect_to(address, port, timeout);
}

KeyStore::~KeyStore()
{
    ::close(socket_);
}

KeyStore::Words KeyStore::ask(const Words& request)
{
    send_words(socket_, request);
    return receive_words(socket_);
}

namespace {

std::string text_of(const std::vector<std::uint8_t>& bytes)
{
    return { bytes.begin(), bytes.end() };
}

} // namespace

void KeyStore::set(const std::string& key, const std::vector<std::uint8_t>& value)
{
    ask({ "set", key, text_of(value) });
}

std::vector<std::uint8_t> KeyStore::compareSet(const std::string& key, const std::vector<std::uint8_t>& expected,
                                               const std::vector<std::uint8_t>& desired)
{
    const std::string now = ask({ "compare and set", key, text_of(expected), text_of(desired) }).at(0);
    return { now.begin(), now.end() };
}

std::vector<std::uint8_t> KeyStore::get(const std::string& key)
{
    wait({ key });
    const std::string value = ask({ "get", key }).at(0);
    return { value.begin(), value.end() };
}

std::int64_t KeyStore::add(const std::string& key, std::int64_t value)
{
    return std::stoll(ask({ "add", key, std::to_string(value) }).at(0));
}

bool KeyStore::deleteKey(const std::string& key)
{
    return ask({ "delete", key }).at(0) == "yes";
}

bool KeyStore::check(const std::vector<std::string>& keys)
{
    Words request = { "check" };
    request.insert(request.end(), keys.begin(), keys.end());
    return ask(request).at(0) == "yes";
}

std::int64_t KeyStore::getNumKeys()
{
    return std::stoll(ask({ "count" }).at(0));
}

void KeyStore::wait(const std::vector<std::string>& keys)
{
    wait(keys, timeout_);
}

void KeyStore::wait(const std::vector<std::string>& keys, const Duration& timeout)
{
    Words request = { "wait", std::to_string(timeout.count()) };
    request.insert(request.end(), keys.begin(), keys.end());
    if (ask(request).at(0) != "yes")
        throw std::runtime_error("nobody has set it in time: " + (keys.empty() ? "" : keys.front()));
}

} // namespace prunedamr::train
