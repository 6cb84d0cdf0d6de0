// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of a running session: by signals, by files, by the page's clients.
#include "apps/prunedamr-rx/session.h"

#include "apps/common/cli.h"

#include <chrono>
#include <utility>

namespace prunedamr::rx {

using namespace std::chrono_literals;

/// Samples flow on meanwhile. What goes wrong is said, --quiet or not.
void Session::follow_requests()
{
    const bool changed = watched_ && watched_->changed();
    if (take_reopen())
        publisher_->reopen();
    if (take_reload() || changed)
        loader_.request(model_file());
    if (auto loaded = loader_.take(0s))
        switch_model(std::move(*loaded));
    if (updates_)
        updates_->follow(*receiver_);
    if (hub_)
        hub_->follow(updates_.get());
    if (take_restore()) {
        const bool restored = revert_model();
        if (!options_.quiet || !restored)
            cli::print(restored ? "Switched back to the previous model" : "No previous model to switch back to");
    }
}

/// The model runs already, or will in a moment.
void Session::open_hub(const model::ModelInfo& info, const std::string& hash, bool is_live)
{
    hub_ = std::make_unique<HubSide>(options_, board_, is_live);
    hub_->set_model(info, hash);
    if (!updates_)
        return;
    hub_->set_sequence(updates_->sequence());
    updates_->watch_by([this](const ModelUpdates::Outcome& outcome) { hub_->tell(outcome); },
                       [this](const model::ModelInfo& now, const std::string& now_hash) { hub_->set_model(now, now_hash); });
}

/// What is known of the run, for the page and the hub.
void Session::update_board(const Statistics& statistics)
{
    if (!page_ && !hub_)
        return;
    const receiver::SourceInfo& source = receiver_->source();
    const double tuned_hz = receiver_->center_freq_hz();
    if (const auto* drift = drift_->watch())
        board_.set_drift(drift->status());
    if (updates_)
        board_.set_updates(updates_->status());
    if (hub_)
        board_.set_hub(hub_->status());
    std::vector<receiver::StatusBoard::OutputState> outputs;
    for (std::size_t i = 0; i < options_.outputs.size(); ++i)
        outputs.push_back({ options_.outputs[i].name(), publisher_->stats(i), publisher_->fault(i).value_or("") });
    board_.set_counts(statistics.total(receiver_->stats()), std::move(outputs));
    board_.set_tuned(tuned_hz);
    board_.set_control({ !options_.web_token.empty(), source.can_tune, source.can_set_gain, gain_db_,
                         source.gain_elements, min_confidence_,
                         schedule_ ? std::optional(schedule_->text()) : std::nullopt });
    if (page_)
        page_->set_tuned(tuned_hz);
}

const std::string& Session::model_file() const
{
    return updates_ ? updates_->model() : model_;
}

bool Session::revert_model()
{
    if (updates_)
        return updates_->revert();
    const bool is_back = receiver_->revert_model();
    if (is_back && hub_)
        hub_->revert_model();
    return is_back;
}

/// What the page's clients want changed, one after the other; samples flow on meanwhile.
void Session::serve_changes()
{
    if (change_ && change_->done.wait_for(0s) == std::future_status::ready) {
        PendingChange ended = std::move(*std::exchange(change_, std::nullopt));
        try {
            ended.done.get();
            if (ended.request.change.kind == receiver::ChangeKind::gain && ended.request.change.text.empty())
                gain_db_ = ended.request.change.number;
            page_->reply(ended.request.id, "changed");
        } catch (const std::exception& fault) {
            page_->refuse(ended.request.id, fault.what());
        }
    }
    while (page_ && !change_) {
        const auto request = page_->take_request();
        if (!request)
            break;
        try {
            begin_change(*request);
        } catch (const std::exception& fault) {
            page_->refuse(request->id, fault.what());
        }
    }
}

void Session::begin_change(const WebPage::Request& request)
{
    using receiver::ChangeKind;
    const receiver::Change& change = request.change;
    if (change.kind == ChangeKind::tune) {
        change_.emplace(PendingChange{ request, receiver_->change({ change.number, {} }) });
    } else if (change.kind == ChangeKind::gain) {
        change_.emplace(PendingChange{ request, receiver_->change({ {}, receiver::GainSetting{ change.number, change.text } }) });
    } else if (change.kind == ChangeKind::scan && !schedule_) {
        page_->refuse(request.id, "this receiver does not scan: see --scan");
    } else if (change.kind == ChangeKind::scan) {
        schedule_->set_list(
            parse_scan(options_.source, change.text, change.number.value_or(options_.source.dwell_s)));
        page_->reply(request.id, "changed");
    } else if (change.kind == ChangeKind::threshold) {
        min_confidence_ = change.number;
        receiver_->set_min_confidence(min_confidence_);
        page_->reply(request.id, "changed");
    } else if (change.kind == ChangeKind::label) {
        page_->label(request);
    } else if (change.kind == ChangeKind::update && !updates_) {
        page_->refuse(request.id, "no updates are taken: see --update-keys");
    } else if (change.kind == ChangeKind::update) {
        updates_->offer(change.text, [this, id = request.id](const std::string& text, bool refused) {
            refused ? page_->refuse(id, text) : page_->reply(id, text);
        });
    } else if (change.text == "reload") {
        loader_.request(model_file());
        page_->reply(request.id, "the model is being read again");
    } else if (revert_model()) {
        page_->reply(request.id, "the model before is back");
    } else {
        page_->refuse(request.id, "no previous model to switch back to");
    }
}

void Session::switch_model(ModelLoader::Loaded loaded)
{
    try {
        if (const auto* fault = std::get_if<std::exception_ptr>(&loaded))
            std::rethrow_exception(*fault);
        auto loaded_model = std::move(std::get<ModelLoader::Model>(loaded));
        const model::ModelInfo info = loaded_model.model.info;
        receiver_->set_model(std::move(loaded_model.model));
        if (hub_)
            hub_->set_model(info, loaded_model.hash);
        if (!options_.quiet)
            cli::print("Switched to model " + model_file());
    } catch (const std::exception& error) {
        cli::print(std::string("Model not replaced: ") + error.what());
    }
}

} // namespace prunedamr::rx
