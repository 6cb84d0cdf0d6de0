// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr-rx/model_loader.h"
#include "apps/prunedamr-rx/options.h"

#include "prunedamr/receiver/receiver.h"
#include "prunedamr/receiver/return_watch.h"
#include "prunedamr/receiver/update_store.h"
#include "prunedamr/receiver/web/status_board.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace prunedamr::rx {

/// Takes signed updates of the model, as files in a folder or by HTTP, while samples flow: checks them, loads the new
/// model beside the present one, switches to it, watches it, and goes back when it does worse. What happens is said in
/// one line each.
class ModelUpdates
{
public:
    /// Throws `Error` for keys or a folder that cannot be used.
    ModelUpdates(const Options& options, const std::string& model, const stream::ModelConfig& config);

    const std::string& model() const { return store_.present(); } ///< file to run

    /// A decision; on the classifying thread.
    void add(const stream::LabelEvent& event) noexcept;

    /// What becomes of an update: `refused`, or what was done.
    using Answer = std::function<void(const std::string& text, bool refused)>;

    /// Bytes that came by HTTP; `answer` is called at once or by `follow`.
    void offer(const std::string& bytes, Answer answer);

    /// Now and then, on one thread: goes on with what is under way.
    void follow(receiver::Receiver& receiver);

    /// A person brought back the model before.
    void note_revert();

    /// A test of drift has found that the signals are not those that the model expects.
    void note_drift(const std::string& what);

    receiver::StatusBoard::Updates status();

private:
    struct Pending {
        std::string name;
        bool is_return = false; ///< else an update
        Answer answer;
    };

    void begin(const std::string& bytes, const std::string& name, Answer answer);
    void finish(receiver::Receiver& receiver, ModelLoader::Loaded loaded);
    void refuse(const std::string& fault, const std::string& why, const Answer& answer);
    void say(const std::string& text);
    void look();
    void look_for_files();

    receiver::UpdateStore store_;
    ModelLoader loader_;
    std::optional<Pending> pending_;
    std::mutex mutex_;
    receiver::ReturnWatch watch_; ///< under the mutex
    receiver::StatusBoard::Updates status_;
    std::chrono::steady_clock::time_point next_look_;
};

} // namespace prunedamr::rx
