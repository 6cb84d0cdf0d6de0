// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/model_updates.h"

#include "apps/common/cli.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/stream/drift.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace prunedamr::rx {
namespace {

using namespace std::chrono_literals;
using model::UpdateFault;
using model::UpdateRefused;
using receiver::hub::Result;

} // namespace

ModelUpdates::ModelUpdates(const Options& options, const std::string& model, const stream::ModelConfig& config)
    : store_(options.updates, options.update_keys, model), loader_(config)
{
    if (store_.trial()) // it was on trial when the program ended
        watch_.begin(*store_.trial());
    status_.sequence = store_.sequence();
}

void ModelUpdates::watch_by(std::function<void(const Outcome&)> tell, std::function<void(const model::ModelInfo&, const std::string&)> switched)
{
    tell_ = std::move(tell);
    switched_ = std::move(switched);
}

void ModelUpdates::tell(Result result, const std::string& why, const std::string& update)
{
    if (tell_)
        tell_({ result, why, update, store_.sequence() });
}

void ModelUpdates::add(const stream::LabelEvent& event) noexcept
{
    decisions_.push({ event.state, event.confidence, event.drift });
}

void ModelUpdates::watch()
{
    decisions_.consume_all([&](const Decision& decision) {
        watch_.add(decision.state, static_cast<double>(decision.confidence));
        // That more is unknown than is usual here is a reason to return; what else is unusual is no fault of the model.
        const auto& drift = decision.drift;
        if (drift && stream::is_unknown_rate(drift) && drift.found - drift.expected >= receiver::ReturnWatch::kLeast)
            watch_.note_drift(fmt::format("unknown {:.0f} %, usual {:.0f} %", 100.0f * drift.found, 100.0f * drift.expected));
    });
}

void ModelUpdates::say(const std::string& text)
{
    status_.last = text;
    cli::print(text); // --quiet or not
}

void ModelUpdates::refuse(const std::string& fault, const std::string& why, const Answer& answer, const std::string& update)
{
    ++status_.refused[fault];
    say("Update refused (" + fault + "): " + why);
    if (answer)
        answer(why, true);
    tell(Result::refused, fault, update);
}

void ModelUpdates::offer(const std::string& bytes, Answer answer)
{
    if (pending_)
        return answer("another update is being taken", true);
    begin(bytes, "update by HTTP", std::move(answer));
}

std::string ModelUpdates::hash_of(const std::string& bytes)
{
    return to_hex(sha256(bytes.data(), bytes.size()));
}

void ModelUpdates::offer_again(const std::string& bytes, const std::string& name)
{
    const std::string hash = hash_of(bytes);
    if (hash != store_.update())
        return begin(bytes, name, {});
    tell(watch_.is_on() ? Result::taken : store_.runs_update() ? Result::kept : Result::returned, "", hash);
}

void ModelUpdates::begin(const std::string& bytes, const std::string& name, Answer answer)
{
    try {
        loader_.request(store_.prepare(bytes, name));
        pending_ = Pending{ name, false, std::move(answer), hash_of(bytes), {} };
    } catch (const UpdateRefused& refused) {
        refuse(to_string(refused.fault()), refused.what(), answer, hash_of(bytes));
    } catch (const std::exception& error) { // no room on the disk, perhaps
        refuse("failed", error.what(), answer, hash_of(bytes));
    }
}

void ModelUpdates::follow(receiver::Receiver& receiver)
{
    watch();
    if (auto loaded = loader_.take(0s); loaded && pending_)
        finish(receiver, std::move(*loaded));
    if (!pending_)
        guarded([this] { look(); });
    if (!pending_)
        guarded([this] { look_for_files(); });
}

/// What cannot be written, as on a full disk, is said once, and labels go on.
void ModelUpdates::guarded(const std::function<void()>& step)
{
    try {
        step();
    } catch (const std::exception& error) {
        if (std::exchange(fault_, error.what()) != error.what())
            say(std::string("Updates: ") + error.what());
    }
}

/// What runs is the model before as soon as it is loaded, even where that cannot be written.
bool ModelUpdates::begin_return(const std::string& why)
{
    bool is_kept = true;
    guarded([&] { is_kept = store_.give_back(); });
    if (!is_kept)
        return false;
    ++status_.returned;
    loader_.request(store_.present());
    pending_ = Pending{ "the model before", true, {}, store_.update(), why };
    return true;
}

/// Loaded is what was asked for, or why it cannot be.
void ModelUpdates::finish(receiver::Receiver& receiver, ModelLoader::Loaded loaded)
{
    const Pending done = std::move(*std::exchange(pending_, std::nullopt));
    bool is_taken = false;
    try {
        if (const auto* fault = std::get_if<std::exception_ptr>(&loaded))
            std::rethrow_exception(*fault);
        auto before = watch_.blocks();
        if (!done.is_return)
            store_.commit(before); // first: what is taken stays taken, whatever happens
        is_taken = !done.is_return;
        auto model = std::move(std::get<ModelLoader::Model>(loaded));
        const model::ModelInfo info = model.model.info;
        receiver.set_model(std::move(model.model));
        if (switched_)
            switched_(info, model.hash);
        watch_ = {}; // what was counted is of the model that went
        if (done.is_return)
            return tell(Result::returned, done.why, done.update);
        watch_.begin(std::move(before));
    } catch (const std::exception& error) {
        if (done.is_return)
            return say(std::string("The model before does not come back: ") + error.what());
        if (is_taken)
            guarded([&] { store_.give_back(); });
        return refuse(to_string(UpdateFault::unusable), done.name + ": " + error.what(), done.answer, done.update);
    }
    status_.sequence = store_.sequence();
    ++status_.taken;
    say("Update number " + std::to_string(store_.sequence()) + " taken: " + done.name);
    if (done.answer)
        done.answer("update number " + std::to_string(store_.sequence()) + " is taken", false);
    tell(Result::taken, "", done.update);
}

/// Whether the model on trial stays.
void ModelUpdates::look()
{
    const auto verdict = watch_.verdict();
    if (!verdict)
        return;
    watch_.end();
    const std::string number = "Update number " + std::to_string(store_.sequence());
    if (!verdict->goes_back) {
        store_.end_trial();
        say(number + " stays: " + verdict->reason);
        return tell(Result::kept, verdict->reason, store_.update());
    }
    if (begin_return(verdict->reason))
        say(number + " is returned: " + verdict->reason);
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
        bytes = read_file(*file, model::kMaxUpdateBytes);
    } catch (const Error& error) {
        refuse(to_string(UpdateFault::damaged), error.what(), {}, "");
        return receiver::UpdateStore::set_aside(*file, false);
    }
    begin(bytes, *file, [file = *file](const std::string&, bool refused) { receiver::UpdateStore::set_aside(file, !refused); });
}

bool ModelUpdates::revert()
{
    return !pending_ && begin_return("by a person");
}

void ModelUpdates::return_from(const std::string& update, const std::string& why)
{
    if (update != store_.update() || !store_.runs_update())
        return tell(Result::returned, "it does not run", update);
    if (!begin_return(why))
        return tell(Result::refused, "no model before it is kept", update);
    say("Update number " + std::to_string(store_.sequence()) + " is returned: " + why);
}

receiver::StatusBoard::Updates ModelUpdates::status()
{
    status_.on_trial = watch_.is_on();
    return status_;
}

} // namespace prunedamr::rx
