// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace gr {
namespace prunedamr {

//! Loads models on a thread of its own, which lives from the first request on; of several that wait the last is
//! loaded.
class model_loader
{
public:
    //! \p load runs on that thread and must not throw.
    explicit model_loader(std::function<void(const std::string&)> load) : d_load(std::move(load)) {}

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

    void request(const std::string& model_file)
    {
        {
            const std::lock_guard lock(d_mutex);
            d_wanted = model_file;
        }
        if (!d_thread.joinable())
            d_thread = std::thread([this] { run(); });
        d_news.notify_one();
    }

private:
    void run()
    {
        std::unique_lock lock(d_mutex);
        for (;;) {
            d_news.wait(lock, [this] { return d_ends || d_wanted; });
            if (d_ends)
                return;
            const std::string wanted = *std::exchange(d_wanted, std::nullopt);
            lock.unlock();
            d_load(wanted);
            lock.lock();
        }
    }

    const std::function<void(const std::string&)> d_load;
    std::mutex d_mutex;
    std::condition_variable d_news;
    std::optional<std::string> d_wanted;
    bool d_ends = false;
    std::thread d_thread;
};

} // namespace prunedamr
} // namespace gr
