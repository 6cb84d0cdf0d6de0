// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/model_loader.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/file.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace prunedamr::rx {
namespace {

std::atomic<bool> g_left_behind{ false };

ModelLoader::Loaded load(const std::string& model, const stream::ModelConfig& config)
{
    try {
        const std::string bytes = read_file(model);
        return ModelLoader::Model{ stream::open_model(model, config), to_hex(sha256(bytes.data(), bytes.size())) };
    } catch (...) {
        return std::current_exception();
    }
}

} // namespace

struct ModelLoader::State {
    explicit State(stream::ModelConfig wanted_config) : config(std::move(wanted_config)) {}

    const stream::ModelConfig config;
    std::mutex mutex;
    std::condition_variable news;
    std::optional<std::string> wanted;
    std::optional<Loaded> loaded;
    bool is_busy = false;
};

ModelLoader::ModelLoader(stream::ModelConfig config) : state_(std::make_shared<State>(std::move(config))) {}

ModelLoader::~ModelLoader()
{
    const std::lock_guard lock(state_->mutex);
    state_->wanted.reset();
    if (state_->is_busy)
        g_left_behind = true;
}

void ModelLoader::request(const std::string& model)
{
    const std::lock_guard lock(state_->mutex);
    state_->wanted = model;
    if (std::exchange(state_->is_busy, true))
        return;
    std::thread([state = state_] {
        std::unique_lock own(state->mutex);
        while (const auto next = std::exchange(state->wanted, std::nullopt)) {
            own.unlock();
            Loaded result = load(*next, state->config);
            own.lock();
            state->loaded = std::move(result);
            state->news.notify_all();
        }
        state->is_busy = false;
    }).detach();
}

std::optional<ModelLoader::Loaded> ModelLoader::take(std::chrono::milliseconds wait)
{
    std::unique_lock lock(state_->mutex);
    state_->news.wait_for(lock, wait, [this] { return state_->loaded.has_value(); });
    return std::exchange(state_->loaded, std::nullopt);
}

bool ModelLoader::left_behind() noexcept
{
    return g_left_behind;
}

} // namespace prunedamr::rx
