// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/process_group.h"

#ifdef PRUNEDAMR_HAVE_PROCESSES
#include "prunedamr/train/rendezvous.h"

#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

#include <charconv>
#include <cstdlib>
#include <functional>

namespace prunedamr::train {
namespace {

constexpr const char* kVariables[] = { "RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT" };
constexpr int kMaxProcesses = 4096;

std::string value_of(const char* variable)
{
    const char* value = std::getenv(variable);
    return value ? value : "";
}

template <class Number> Number number_in(const char* variable, Number low, Number high, const std::string& expected)
{
    const std::string text = value_of(variable);
    Number value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size() || !(value >= low && value <= high))
        throw Error({ "wrong value in the environment", variable, "'" + text + "'", expected });
    return value;
}

} // namespace

ProcessPlace process_place_from_environment()
{
    ProcessPlace place;
    std::string set, missing;
    for (const char* variable : kVariables)
        (value_of(variable).empty() ? missing : set) += std::string(" ") + variable;
    if (set.empty())
        return place;
    if (!missing.empty())
        throw Error({ "the environment asks for several processes, but not completely", "", "only" + set,
                      "also" + missing + ", or none of them" });
    place.size = number_in("WORLD_SIZE", 1, kMaxProcesses, "1 to " + std::to_string(kMaxProcesses));
    place.rank =
        number_in("RANK", 0, place.size - 1, "0 to " + std::to_string(place.size - 1) + ", below WORLD_SIZE");
    place.address = value_of("MASTER_ADDR");
    place.port = number_in("MASTER_PORT", 1, 65535, "1 to 65535");
    constexpr const char* kTimeout = "PRUNEDAMR_PROCESS_TIMEOUT_S";
    if (!value_of(kTimeout).empty())
        place.timeout_s = number_in(kTimeout, 0.1, 86400.0, "0.1 to 86400 seconds");
    return place;
}

#ifdef PRUNEDAMR_HAVE_PROCESSES

namespace {

using Works = std::vector<c10::intrusive_ptr<c10d::Work>>;

c10::intrusive_ptr<c10d::ProcessGroupGloo> connect(const ProcessPlace& place, const Rendezvous& rendezvous)
{
    const std::chrono::milliseconds timeout(static_cast<std::int64_t>(1000 * place.timeout_s));
    auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    // The interface that leads to process 0; left to itself, Gloo takes that of the hostname, which may have none.
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    using Gloo = c10d::ProcessGroupGloo;
    options->devices = { interface ? Gloo::createDeviceForInterface(interface)
                                   : Gloo::createDeviceForHostname(local_address(place.address)) };
    return c10::make_intrusive<Gloo>(rendezvous.store(), place.rank, place.size, options);
}

} // namespace

struct ProcessGroup::Impl {
    explicit Impl(const ProcessPlace& place_given) : place(place_given), rendezvous(place)
    {
        gloo = connect(place, rendezvous);
        rendezvous.learn_names();
    }

    /// Runs what needs the others; its first failure is the end of the group.
    void together(const std::function<void()>& work)
    {
        std::string reason = loss;
        if (loss.empty()) {
            try {
                return work();
            } catch (const std::exception& fault) {
                reason = first_line(fault);
            }
            gloo.reset(); // closes the connections: the others learn of it now, not at their own timeout
            loss = rendezvous.roll_call(reason);
        }
        throw LostProcess({ loss, "", "", "" });
    }

    ProcessPlace place;
    Rendezvous rendezvous;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
    std::string loss; // what was lost, once something is
};

ProcessGroup::ProcessGroup(const ProcessPlace& place)
{
    if (place.size == 1)
        return;
    try {
        impl_ = std::make_shared<Impl>(place);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& fault) {
        throw Error({ "not all processes came, or they could not connect",
                      place.address + ":" + std::to_string(place.port), first_line(fault), "" });
    }
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
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> on_cpu;
    for (const at::Tensor& tensor : tensors)
        on_cpu.push_back(tensor.detach().cpu().contiguous());
    impl_->together([&] {
        Works works;
        for (const at::Tensor& tensor : on_cpu) {
            std::vector<at::Tensor> one = { tensor };
            works.push_back(impl_->gloo->allreduce(one));
        }
        for (const auto& work : works)
            work->wait();
    });
    for (std::size_t i = 0; i < tensors.size(); ++i)
        if (!on_cpu[i].is_alias_of(tensors[i]))
            at::Tensor(tensors[i]).copy_(on_cpu[i]);
}

double ProcessGroup::sum(double value) const
{
    if (!impl_)
        return value;
    const at::Tensor total = at::full({ 1 }, value, at::kDouble);
    sum({ total });
    return total.item<double>();
}

void ProcessGroup::broadcast(std::string& bytes) const
{
    if (!impl_)
        return;
    const auto send = [this](const at::Tensor& tensor) {
        std::vector<at::Tensor> one = { tensor };
        impl_->gloo->broadcast(one)->wait();
    };
    impl_->together([&] {
        impl_->rendezvous.wait_for_rank0(); // Gloo's own wait ends at the timeout
        const at::Tensor size = at::full({ 1 }, static_cast<std::int64_t>(bytes.size()), at::kLong);
        send(size);
        bytes.resize(static_cast<std::size_t>(size.item<std::int64_t>()));
        if (!bytes.empty())
            send(at::from_blob(bytes.data(), { static_cast<std::int64_t>(bytes.size()) }, at::kByte));
    });
}

void ProcessGroup::finish() const
{
    if (impl_)
        impl_->together([this] { impl_->rendezvous.wait_for_all(); });
}

#else // a LibTorch without c10d or Gloo

struct ProcessGroup::Impl {};

ProcessGroup::ProcessGroup(const ProcessPlace& place)
{
    if (place.size > 1)
        throw Error({ "this build trains in one process only", "WORLD_SIZE", std::to_string(place.size),
                      "a LibTorch with Gloo (on Debian also libgloo-dev) when it is built" });
}

int ProcessGroup::rank() const
{
    return 0;
}

int ProcessGroup::size() const
{
    return 1;
}

void ProcessGroup::sum(const std::vector<at::Tensor>&) const {}

double ProcessGroup::sum(double value) const
{
    return value;
}

void ProcessGroup::broadcast(std::string&) const {}

void ProcessGroup::finish() const {}

#endif

} // namespace prunedamr::train
