// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/model_updates.h"

#include "apps/common/cli.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"

#include <chrono>
#include <utility>

namespace prunedamr::rx {
namespace {

using namespace std::chrono_literals;
using model::UpdateFault;
using model::UpdateRefused;

constexpr std::size_t kMaxBytes = 256u << 20;

} // namespace

ModelUpdates::ModelUpdates(const Options& options, const std::string& model, const stream::ModelConfig& config)
    : store_(options.updates, options.update_keys, model), loader_(config)
{
    if (store_.trial()) // it was on trial when the program ended
        watch_.begin(*store_.trial());
    status_.sequence = store_.sequence();
}

void ModelUpdates::add(const stream::LabelEvent& event) noexcept
{
    const std::lock_guard lock(mutex_);
    watch_.add(event.state, static_cast<double>(event.confidence));
}

void ModelUpdates::note_drift(const std::string& what)
{
    const std::lock_guard lock(mutex_);
    watch_.note_drift(what);
}

void ModelUpdates::say(const std::string& text)
{
    status_.last = text;
    cli::print(text); // --quiet or not
}

void ModelUpdates::refuse(const std::string& fault, const std::string& why, const Answer& answer)
{
    ++status_.refused[fault];
    say("Update refused (" + fault + "): " + why);
    if (answer)
        answer(why, true);
}

void ModelUpdates::offer(const std::string& bytes, Answer answer)
{
    if (pending_)
        return answer("another update is being taken", true);
    begin(bytes, "update by HTTP", std::move(answer));
}

void ModelUpdates::begin(const std::string& bytes, const std::string& name, Answer answer)
{
    try {
        const std::string file = store_.prepare(bytes, name);
        pending_ = Pending{ name, false, std::move(answer) };
        loader_.request(file);
    } catch (const UpdateRefused& refused) {
        refuse(to_string(refused.fault()), refused.what(), answer);
    } catch (const std::exception& error) { // no room on the disk, perhaps
        refuse("failed", error.what(), answer);
    }
}

void ModelUpdates::follow(receiver::Receiver& receiver)
{
    if (auto loaded = loader_.take(0s); loaded && pending_)
        finish(receiver, std::move(*loaded));
    if (pending_)
        return;
    look();
    if (!pending_)
        look_for_files();
}

/// Loaded is what was asked for, or why it cannot be.
void ModelUpdates::finish(receiver::Receiver& receiver, ModelLoader::Loaded loaded)
{
    const Pending done = std::move(*std::exchange(pending_, std::nullopt));
    try {
        if (const auto* fault = std::get_if<std::exception_ptr>(&loaded))
            std::rethrow_exception(*fault);
        if (done.is_return) {
            receiver.set_model(std::move(std::get<stream::Model>(loaded)));
            const std::lock_guard lock(mutex_);
            watch_ = {}; // what was counted is of the model that went
            return;
        }
        receiver::ReturnWatch::Blocks before;
        {
            const std::lock_guard lock(mutex_);
            before = watch_.blocks();
        }
        store_.commit(before); // first: what is taken stays taken, whatever happens
        receiver.set_model(std::move(std::get<stream::Model>(loaded)));
        const std::lock_guard lock(mutex_);
        watch_.begin(std::move(before));
    } catch (const std::exception& error) {
        return refuse(to_string(UpdateFault::unusable), done.name + ": " + error.what(), done.answer);
    }
    status_.sequence = store_.sequence();
    ++status_.taken;
    say("Update number " + std::to_string(store_.sequence()) + " taken: " + done.name);
    if (done.answer)
        done.answer("update number " + std::to_string(store_.sequence()) + " is taken", false);
}

/// Whether the model on trial stays.
void ModelUpdates::look()
{
    receiver::ReturnWatch seen;
    {
        const std::lock_guard lock(mutex_);
        seen = watch_;
    }
    const auto verdict = seen.verdict(); // which takes milliseconds: the classifying thread does not wait for it
    {
        const std::lock_guard lock(mutex_);
        watch_.take_looks(seen);
        if (verdict)
            watch_.end();
    }
    if (!verdict)
        return;
    const std::string number = "Update number " + std::to_string(store_.sequence());
    if (!verdict->goes_back) {
        store_.end_trial();
        return say(number + " stays: " + verdict->reason);
    }
    if (!store_.give_back())
        return;
    ++status_.returned;
    say(number + " is returned: " + verdict->reason);
    pending_ = Pending{ "the model before", true, {} };
    loader_.request(store_.present());
}

void ModelUpdates::look_for_files()
{
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_)
        return;
    next_look_ = now + 250ms;
    const auto file = store_.next_file();
    if (!file)
        return;
    std::string bytes;
    try {
        bytes = read_file(*file, kMaxBytes);
    } catch (const Error& error) {
        refuse(to_string(UpdateFault::damaged), error.what(), {});
        return receiver::UpdateStore::set_aside(*file, false);
    }
    begin(bytes, *file, [file = *file](const std::string&, bool refused) { receiver::UpdateStore::set_aside(file, !refused); });
}

void ModelUpdates::note_revert()
{
    {
        const std::lock_guard lock(mutex_);
        watch_ = {};
    }
    if (store_.give_back())
        ++status_.returned;
}

receiver::StatusBoard::Updates ModelUpdates::status()
{
    const std::lock_guard lock(mutex_);
    status_.on_trial = watch_.is_on();
    return status_;
}

} // namespace prunedamr::rx
