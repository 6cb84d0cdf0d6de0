// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/workers.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace prunedamr::synth {
namespace {

int thread_count(int wanted)
{
    return std::max(1, wanted > 0 ? wanted : static_cast<int>(std::thread::hardware_concurrency()));
}

} // namespace

struct Workers::Impl {
    explicit Impl(int wanted) : threads(thread_count(wanted)), pool(static_cast<std::size_t>(threads)) {}

    int threads;
    boost::asio::thread_pool pool;
};

Workers::Workers(int threads) : impl_(std::make_unique<Impl>(threads)) {}
Workers::~Workers() = default;

int Workers::threads() const
{
    return impl_->threads;
}

void Workers::run(int count, const std::function<void(int thread, int index)>& work)
{
    std::atomic<int> next{ 0 };
    std::vector<std::future<void>> done;
    for (int thread = 0; thread < impl_->threads; ++thread)
        done.push_back(boost::asio::post(impl_->pool, boost::asio::use_future([&, thread] {
                                             for (int i = next++; i < count; i = next++)
                                                 work(thread, i);
                                         })));
    for (auto& future : done)
        future.wait();
    for (auto& future : done)
        future.get();
}

} // namespace prunedamr::synth
