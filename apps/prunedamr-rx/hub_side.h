// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr-rx/model_updates.h"
#include "apps/prunedamr-rx/options.h"

#include "prunedamr/model/model_info.h"
#include "prunedamr/receiver/hub/link.h"
#include "prunedamr/receiver/web/status_board.h"

#include <memory>
#include <optional>
#include <string>

namespace prunedamr::rx {

/// What `--hub` does in a run: events, snippets and the receiver's state go to a hub, updates come from it. It outlives the
/// publisher that has its sink. On one thread, but for `keep`.
class HubSide
{
public:
    /// `board`: outlives it. `is_live`: else nothing may be lost while a hub answers. Throws `Error` for what can be no hub.
    HubSide(const Options& options, receiver::StatusBoard& board, bool is_live);

    /// The last of a publisher's, since it leaves the hub at the end. `adds_to_board`: nobody else shows events to the board.
    std::unique_ptr<stream::Sink> sink(bool adds_to_board);

    /// This model runs from now on; `hash`: of its file.
    void set_model(const model::ModelInfo& info, const std::string& hash);
    void revert_model(); ///< the one before it runs again

    void set_sequence(std::uint64_t sequence); ///< of the last update that was taken
    void tell(const ModelUpdates::Outcome& outcome);

    /// Now and then: what a hub wants is done. `updates`: null where none are taken.
    void follow(ModelUpdates* updates);

    /// A snippet that was kept: STEM.sigmf-data holds its samples, cf32_le. On the thread of the snippets' sink.
    void keep(const std::string& stem, const stream::LabelEvent& event);

    receiver::hub::LinkStatus status() const { return link_.status(); }

private:
    HubSide(const Options& options, receiver::StatusBoard& board, const receiver::hub::LinkConfig& config);
    void sign_in();
    void answer(const std::string& update, receiver::hub::Result result, const std::string& why);

    const Options& options_;
    receiver::StatusBoard& board_;
    const std::int64_t since_ns_;
    receiver::hub::ReceiverLink link_;
    struct Running {
        receiver::hub::ModelName model;
        std::vector<std::string> classes;
    };
    Running present_, previous_;
    std::uint64_t sequence_ = 0; ///< of the last update that was taken
};

} // namespace prunedamr::rx
