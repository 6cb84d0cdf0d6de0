// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/process_group.h"

#include "prunedamr/train/local_address.h"

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/torch.h>

#include <chrono>
#include <thread>
#include <unistd.h>

namespace prunedamr::train {
namespace {

using std::chrono::milliseconds;

constexpr int kGatherTimeouts = 10;                      // times the timeout, until all have come
constexpr auto kPatience = std::chrono::hours(24 * 365); // for process 0, while it lives
constexpr auto kRollCall = milliseconds(1000);           // for the survivors of a loss to report
constexpr auto kVerdict = milliseconds(10000);           // for what process 0 makes of it
constexpr auto kPoll = milliseconds(50);
constexpr const char* kVerdictKey = "verdict";

std::vector<std::uint8_t> bytes_of(const std::string& text)
{
    return { text.begin(), text.end() };
}

/// LibTorch adds a backtrace below the first line.
std::string first_line(const std::exception& fault)
{
    const std::string text = fault.what();
    return text.substr(0, text.find('\n'));
}

/// c10d writes to stderr what it throws as well: while one exists, only the latter.
class QuietLog
{
public:
    QuietLog() : before_(FLAGS_caffe2_log_level) { FLAGS_caffe2_log_level = kNothing; }
    ~QuietLog() { FLAGS_caffe2_log_level = before_; }
    QuietLog(const QuietLog&) = delete;
    QuietLog& operator=(const QuietLog&) = delete;

private:
    static constexpr int kNothing = 4; // above FATAL
    decltype(FLAGS_caffe2_log_level) before_;
};

std::string own_name()
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return std::string(host) + ", process id " + std::to_string(getpid());
}

} // namespace

struct ProcessGroup::Impl {
    explicit Impl(const ProcessPlace& place_given);

    void join();
    void check_in();
    void connect();
    void learn_names();

    /// Waits for all; the first failure is the end of the group.
    void wait(std::vector<c10::intrusive_ptr<c10d::Work>> works);
    void wait_for_leader();
    void check_alive() const;
    [[noreturn]] void fail(const std::string& reason);
    std::string roll_call(const std::string& reason);
    std::string named(const std::vector<int>& lost) const;

    std::string get(const std::string& key)
    {
        const auto bytes = store->get(key);
        return { bytes.begin(), bytes.end() };
    }
    void set(const std::string& key, const std::string& value) { store->set(key, bytes_of(value)); }

    ProcessPlace place;
    milliseconds timeout;
    c10::intrusive_ptr<c10d::TCPStore> store; // in process 0 also its server
    c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
    std::vector<std::string> names; // of the processes, for messages
    std::string loss;               // what was lost, once something is
    int broadcasts = 0;             // so far
};

ProcessGroup::Impl::Impl(const ProcessPlace& place_given)
    : place(place_given), timeout(static_cast<std::int64_t>(1000 * place.timeout_s))
{
    const QuietLog quiet;
    join();
    try {
        check_in();
        connect();
        learn_names();
    } catch (const Error&) {
        throw;
    } catch (const std::exception& fault) {
        throw Error({ "the processes could not connect", "training in several processes", first_line(fault), "" });
    }
}

void ProcessGroup::Impl::join()
{
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(place.port);
    options.isServer = place.rank == 0;
    options.numWorkers = static_cast<std::size_t>(place.size);
    options.timeout = kGatherTimeouts * timeout;
    const std::string where = place.address + ":" + std::to_string(place.port);
    const std::string leader = numeric_address(place.address);
    try {
        store = c10::make_intrusive<c10d::TCPStore>(leader, options);
    } catch (const std::exception& fault) {
        throw Error(
            { place.rank == 0 ? "not all processes came, or the port is taken" : "process 0 does not answer", where,
              first_line(fault),
              "all of " + std::to_string(place.size) + " processes within " +
                  std::to_string(options.timeout.count() / 1000) + " s" });
    }
}

void ProcessGroup::Impl::check_in()
{
    if (place.rank == 0)
        set("size", std::to_string(place.size));
    if (const std::string size = get("size"); size != std::to_string(place.size))
        throw Error(
            { "the processes disagree", "WORLD_SIZE", std::to_string(place.size), size + ", as process 0 has" });
    const std::string rank = std::to_string(place.rank);
    if (store->add("count of " + rank, 1) != 1)
        throw Error({ "two processes have the same rank", "RANK", rank, "another for each process" });
    set("name of " + rank, own_name());
}

void ProcessGroup::Impl::connect()
{
    // The interface that leads to process 0; by default Gloo takes the one of the hostname, which may be none.
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    options->devices = { interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                   : c10d::ProcessGroupGloo::createDeviceForHostname(
                                         local_address(place.address)) };
    gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.size, options);
}

void ProcessGroup::Impl::learn_names()
{
    for (int rank = 0; rank < place.size; ++rank)
        names.push_back(get("name of " + std::to_string(rank)));
}

void ProcessGroup::Impl::check_alive() const
{
    if (!loss.empty())
        throw LostProcess({ loss, "", "", "" });
}

void ProcessGroup::Impl::wait(std::vector<c10::intrusive_ptr<c10d::Work>> works)
{
    try {
        for (const auto& work : works)
            work->wait();
    } catch (const std::exception& fault) {
        works.clear(); // they hold the connections
        fail(first_line(fault));
    }
}

/// Gloo's broadcast knows the group's timeout only; the store, which process 0 serves, ends with it.
void ProcessGroup::Impl::wait_for_leader()
{
    const std::string key = "broadcast " + std::to_string(++broadcasts);
    try {
        if (place.rank == 0)
            set(key, "");
        else
            store->wait({ key }, kPatience);
    } catch (const std::exception& fault) {
        fail(first_line(fault));
    }
}

void ProcessGroup::Impl::fail(const std::string& reason)
{
    gloo.reset(); // closes the connections: the others learn of it now, not at their own timeout
    loss = roll_call(reason);
    check_alive();
    std::abort();
}

/// Whoever reports to the store in time is not the one that is lost.
std::string ProcessGroup::Impl::roll_call(const std::string& reason)
{
    try {
        set("reported " + std::to_string(place.rank), "");
        if (place.rank != 0) {
            store->wait({ kVerdictKey }, kVerdict);
            return get(kVerdictKey);
        }
    } catch (const std::exception&) {
        return named({ 0 }); // it serves the store
    }
    std::vector<int> lost;
    const auto end = std::chrono::steady_clock::now() + kRollCall;
    do {
        std::this_thread::sleep_for(kPoll);
        lost.clear();
        for (int rank = 1; rank < place.size; ++rank)
            if (!store->check({ "reported " + std::to_string(rank) }))
                lost.push_back(rank);
    } while (!lost.empty() && std::chrono::steady_clock::now() < end);
    const std::string verdict =
        lost.empty() ? "the connection between processes broke (" + reason + ")" : named(lost);
    set(kVerdictKey, verdict);
    std::this_thread::sleep_for(10 * kPoll); // the store ends with this process: let the others read
    return verdict;
}

std::string ProcessGroup::Impl::named(const std::vector<int>& lost) const
{
    std::string text = "lost";
    for (const int rank : lost)
        text += (rank == lost.front() ? " process " : ", process ") + std::to_string(rank) + " of " +
                std::to_string(place.size) + " (" + names[static_cast<std::size_t>(rank)] + ")";
    return text;
}

ProcessGroup::ProcessGroup(const ProcessPlace& place)
{
    if (place.size > 1)
        impl_ = std::make_shared<Impl>(place);
}

int ProcessGroup::rank() const
{
    return impl_ ? impl_->place.rank : 0;
}

int ProcessGroup::size() const
{
    return impl_ ? impl_->place.size : 1;
}

void ProcessGroup::sum(const std::vector<at::Tensor>& tensors) const
{
    if (!impl_)
        return;
    impl_->check_alive();
    std::vector<at::Tensor> on_cpu;
    std::vector<c10::intrusive_ptr<c10d::Work>> works;
    for (const at::Tensor& tensor : tensors) {
        on_cpu.push_back(tensor.detach().cpu().contiguous());
        std::vector<at::Tensor> one = { on_cpu.back() };
        works.push_back(impl_->gloo->allreduce(one));
    }
    impl_->wait(std::move(works));
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < tensors.size(); ++i)
        if (!on_cpu[i].is_alias_of(tensors[i]))
            at::Tensor(tensors[i]).copy_(on_cpu[i]);
}

double ProcessGroup::sum(double value) const
{
    if (!impl_)
        return value;
    const at::Tensor total = torch::full({ 1 }, value, torch::kFloat64);
    sum({ total });
    return total.item<double>();
}

void ProcessGroup::broadcast(std::string& bytes) const
{
    if (!impl_)
        return;
    impl_->check_alive();
    impl_->wait_for_leader();
    const auto send = [&](at::Tensor tensor) {
        std::vector<at::Tensor> one = { std::move(tensor) };
        impl_->wait({ impl_->gloo->broadcast(one) });
    };
    const at::Tensor size = torch::full({ 1 }, static_cast<std::int64_t>(bytes.size()), torch::kInt64);
    send(size);
    bytes.resize(static_cast<std::size_t>(size.item<std::int64_t>()));
    if (!bytes.empty())
        send(torch::from_blob(bytes.data(), { static_cast<std::int64_t>(bytes.size()) }, torch::kUInt8));
}

void ProcessGroup::finish() const
{
    if (!impl_)
        return;
    impl_->check_alive();
    try {
        if (impl_->store->add("finished", 1) % impl_->place.size == 0)
            impl_->set("all finished", "");
        impl_->store->wait({ "all finished" }, impl_->timeout);
    } catch (const std::exception& fault) {
        impl_->fail(first_line(fault));
    }
}

} // namespace prunedamr::train
