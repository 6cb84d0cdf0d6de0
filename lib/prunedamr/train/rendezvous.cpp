// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/rendezvous.h"

#include "prunedamr/base/error.h"

#include <c10/util/Logging.h>
#include <netdb.h>

#include <memory>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace prunedamr::train {
namespace {

using std::chrono::milliseconds;

constexpr int kGatherTimeouts = 10;                     // times the timeout, until all have come
constexpr auto kPatience = std::chrono::hours(24 * 20); // for process 0, while it lives
constexpr auto kRollCall = milliseconds(1000);          // for the survivors of a loss to report
constexpr auto kVerdict = milliseconds(10000);          // for what process 0 makes of it
constexpr auto kPoll = milliseconds(50);
constexpr int kNoLog = 4; // level above FATAL

std::string own_name()
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return std::string(host) + ", process id " + std::to_string(getpid());
}

std::string key_of(const char* what, std::int64_t number)
{
    return std::string(what) + " " + std::to_string(number);
}

} // namespace

std::string first_line(const std::exception& fault)
{
    const std::string text = fault.what();
    return text.substr(0, text.find('\n'));
}

Rendezvous::QuietLog::QuietLog() : before_(FLAGS_caffe2_log_level)
{
    FLAGS_caffe2_log_level = kNoLog;
}

Rendezvous::QuietLog::~QuietLog()
{
    FLAGS_caffe2_log_level = before_;
}

Rendezvous::Rendezvous(const ProcessPlace& place)
    : place_(place), timeout_(static_cast<std::int64_t>(1000 * place.timeout_s))
{
    join();
    check_in();
}

void Rendezvous::join()
{
    const milliseconds timeout = kGatherTimeouts * timeout_;
    const std::string leader = numeric_address(place_.address), all = "all joined";
    try {
        store_ = c10::make_intrusive<KeyStore>(leader, static_cast<std::uint16_t>(place_.port), place_.rank == 0,
                                               timeout);
        if (place_.rank == 0) // before anybody waits: who is of another group learns it at once
            set("size", std::to_string(place_.size));
        if (store_->add("joined", 1) == place_.size)
            set(all, "here");
        if (place_.rank == 0)
            store_->wait({ all }, timeout);
    } catch (const std::exception& fault) {
        const char* problem =
            place_.rank == 0 ? "not all processes came, or the port is taken" : "process 0 does not answer";
        throw Error({ problem, place_.address + ":" + std::to_string(place_.port), first_line(fault),
                      "all of " + std::to_string(place_.size) + " processes within " +
                          std::to_string(timeout.count() / 1000) + " s" });
    }
}

void Rendezvous::check_in()
{
    const std::string own_size = std::to_string(place_.size), rank = std::to_string(place_.rank);
    if (const std::string size = get("size"); size != own_size)
        throw Error({ "the processes disagree", "WORLD_SIZE", own_size, size + ", as process 0 has" });
    if (store_->add(key_of("count", place_.rank), 1) != 1)
        throw Error({ "two processes have the same rank", "RANK", rank, "another for each process" });
    set(key_of("name", place_.rank), own_name());
}

void Rendezvous::learn_names()
{
    for (int rank = 0; rank < place_.size; ++rank)
        names_.push_back(get(key_of("name", rank)));
}

void Rendezvous::wait_for_rank0()
{
    const std::string key = key_of("leader", ++waits_for_rank0_);
    if (place_.rank == 0)
        set(key, "here");
    else
        store_->wait({ key }, kPatience);
}

void Rendezvous::wait_for_all()
{
    const std::int64_t come = store_->add("come", 1);
    const std::string key = key_of("all", (come - 1) / place_.size);
    if (come % place_.size == 0)
        set(key, "here");
    store_->wait({ key }, timeout_);
}

std::string Rendezvous::roll_call(const std::string& reason)
{
    const std::string key = "verdict";
    try {
        set(key_of("reported", place_.rank), "here");
        if (place_.rank != 0) {
            store_->wait({ key }, kVerdict);
            return get(key);
        }
        const std::vector<int> lost = missing_at_roll_call();
        const std::string verdict =
            lost.empty() ? "the connection between processes broke (" + reason + ")" : named(lost);
        set(key, verdict);
        std::this_thread::sleep_for(10 * kPoll); // the store ends with this process: let the others read
        return verdict;
    } catch (const std::exception&) {
        return named({ 0 }); // no store without it
    }
}

std::vector<int> Rendezvous::missing_at_roll_call()
{
    std::vector<int> missing;
    const auto end = std::chrono::steady_clock::now() + kRollCall;
    do {
        std::this_thread::sleep_for(kPoll);
        missing.clear();
        for (int rank = 1; rank < place_.size; ++rank)
            if (!store_->check({ key_of("reported", rank) }))
                missing.push_back(rank);
    } while (!missing.empty() && std::chrono::steady_clock::now() < end);
    return missing;
}

std::string Rendezvous::named(const std::vector<int>& lost) const
{
    std::string text = "lost";
    for (const int rank : lost)
        text += (rank == lost.front() ? " process " : ", process ") + std::to_string(rank) + " of " +
                std::to_string(place_.size) + " (" + names_[static_cast<std::size_t>(rank)] + ")";
    return text;
}

std::string Rendezvous::get(const std::string& key)
{
    const auto bytes = store_->get(key);
    return { bytes.begin(), bytes.end() };
}

void Rendezvous::set(const std::string& key, const std::string& value)
{
    store_->set(key, std::vector<std::uint8_t>(value.begin(), value.end()));
}

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
