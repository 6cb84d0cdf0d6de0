// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace gr {
namespace prunedamr {

//! Loads models, and brings back the one before, on a thread of its own, which lives from the first request on, in
//! the order of the requests; of several models in a row that wait the last is loaded.
class model_loader
{
public:
    //! Both run on that thread and must not throw.
    model_loader(std::function<void(const std::string&)> load, std::function<void()> revert)
        : d_load(std::move(load)), d_revert(std::move(revert))
    {
    }

    ~model_loader()
    {
        {
            const std::lock_guard lock(d_mutex);
            d_ends = true;
        }
        d_news.notify_one();
        if (d_thread.joinable())
            d_thread.join();
    }

    void request(const std::string& model_file) { add(model_file); }
    void request_revert() { add(std::nullopt); }

private:
    using job = std::optional<std::string>; // a model, or the one before

    void add(const job& wanted)
    {
        {
            const std::lock_guard lock(d_mutex);
            if (wanted && !d_jobs.empty() && d_jobs.back())
                d_jobs.back() = wanted;
            else
                d_jobs.push_back(wanted);
        }
        if (!d_thread.joinable())
            d_thread = std::thread([this] { run(); });
        d_news.notify_one();
    }

    void run()
    {
        std::unique_lock lock(d_mutex);
        for (;;) {
            d_news.wait(lock, [this] { return d_ends || !d_jobs.empty(); });
            if (d_ends)
                return;
            const job next = std::move(d_jobs.front());
            d_jobs.pop_front();
            lock.unlock();
            if (next)
                d_load(*next);
            else
                d_revert();
            lock.lock();
        }
    }

    const std::function<void(const std::string&)> d_load;
    const std::function<void()> d_revert;
    std::mutex d_mutex;
    std::condition_variable d_news;
    std::deque<job> d_jobs;
    bool d_ends = false;
    std::thread d_thread;
};

} // namespace prunedamr
} // namespace gr
