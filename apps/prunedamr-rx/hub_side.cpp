// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/hub_side.h"

#include "apps/common/cli.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/signature.h"
#include "prunedamr/base/time.h"
#include "prunedamr/base/version.h"
#include "prunedamr/receiver/hub/thumbnail.h"

#include <chrono>
#include <complex>
#include <filesystem>
#include <utility>

namespace prunedamr::rx {
namespace {

namespace hub = receiver::hub;

constexpr std::size_t kMaxSnippetBytes = 64u << 20;

std::string name_of(const Options& options)
{
    return options.name.empty() ? "rx0" : options.name;
}

hub::LinkConfig link_config(const Options& options, bool is_live)
{
    receiver::OutputContext context;
    context.source_name = name_of(options);
    context.on_notice = cli::print; // what goes wrong is said, --quiet or not
    hub::LinkConfig config = receiver::hub_link(*options.hub, context);
    config.spool_bytes = static_cast<std::size_t>(options.hub_spool_bytes);
    config.wait = std::chrono::milliseconds(static_cast<std::int64_t>(1e3 * options.hub_wait_s));
    config.is_lossless = !is_live;
    return config;
}

/// Their fingerprints; none while the file cannot be read, and then no update is taken either.
std::vector<std::string> trusted_keys(const Options& options)
try {
    std::vector<std::string> keys;
    if (!options.updates.empty())
        for (const PublicKey& key : read_public_keys(options.update_keys))
            keys.push_back(fingerprint(key));
    return keys;
} catch (const Error&) {
    return {};
}

class HubSink final : public stream::Sink
{
public:
    HubSink(hub::ReceiverLink& link, receiver::StatusBoard* board) : link_(link), board_(board) {}

    void write(const stream::LabelEvent& event) override
    {
        if (board_)
            board_->add(event);
        link_.add(event.seq, stream::to_json_line(event));
    }

    void finish() override { link_.finish(); }
    void abandon() noexcept override { link_.abandon(); }
    std::uint64_t lost() const noexcept override { return link_.dropped(); }

private:
    hub::ReceiverLink& link_;
    receiver::StatusBoard* const board_; ///< or none
};

} // namespace

HubSide::HubSide(const Options& options, receiver::StatusBoard& board, bool is_live) : HubSide(options, board, link_config(options, is_live)) {}

HubSide::HubSide(const Options& options, receiver::StatusBoard& board, const hub::LinkConfig& config)
    : options_(options), board_(board), since_ns_(system_time_ns()), link_(config, hub::make_transport(config), hub::random_run())
{
    link_.set_status([this] { return board_.status_json(); });
    link_.start();
}

std::unique_ptr<stream::Sink> HubSide::sink(bool adds_to_board)
{
    return std::make_unique<HubSink>(link_, adds_to_board ? &board_ : nullptr);
}

void HubSide::set_model(const model::ModelInfo& info, const std::string& hash)
{
    previous_ = std::exchange(present_, { { info.name, hash }, info.labels });
    sign_in();
}

void HubSide::revert_model()
{
    std::swap(present_, previous_);
    sign_in();
}

void HubSide::sign_in()
{
    hub::Registration registration;
    registration.name = name_of(options_);
    registration.since_ns = since_ns_;
    registration.version = kVersion;
    registration.position = options_.position;
    registration.model = present_.model;
    registration.classes = present_.classes;
    registration.sequence = sequence_;
    registration.keys = trusted_keys(options_);
    link_.set_registration(std::move(registration));
}

void HubSide::set_sequence(std::uint64_t sequence)
{
    if (std::exchange(sequence_, sequence) != sequence)
        sign_in();
}

void HubSide::tell(const ModelUpdates::Outcome& outcome)
{
    set_sequence(outcome.sequence);
    answer(outcome.update, outcome.result, outcome.why);
}

void HubSide::answer(const std::string& update, hub::Result result, const std::string& why)
{
    link_.send(hub::Answer{ link_.run(), update, result, why, present_.model, sequence_ });
}

void HubSide::follow(ModelUpdates* updates)
{
    while (!updates || !updates->is_busy()) {
        const auto request = link_.take_request();
        if (!request)
            return;
        const auto* bytes = std::get_if<std::string>(&*request);
        if (!bytes && updates)
            updates->return_from(std::get<hub::ReceiverLink::Return>(*request).update, "asked for by the hub");
        else if (!bytes)
            answer(std::get<hub::ReceiverLink::Return>(*request).update, hub::Result::returned, "it does not run");
        else if (updates)
            updates->offer_again(*bytes, "update by the hub");
        else
            answer(ModelUpdates::hash_of(*bytes), hub::Result::refused, "takes_none");
    }
}

/// The snippet is kept, whether there is a picture of it or not.
void HubSide::keep(const std::string& stem, const stream::LabelEvent& event)
try {
    const std::string bytes = read_file(stem + ".sigmf-data", kMaxSnippetBytes);
    const auto* samples = reinterpret_cast<const std::complex<float>*>(bytes.data());
    link_.send(hub::Snippet{ link_.run(), std::filesystem::path(stem).filename(), stream::to_json_line(event),
                             hub::spectrogram_png(samples, bytes.size() / sizeof *samples) });
} catch (const Error& error) {
    cli::print(error.what());
}

} // namespace prunedamr::rx
