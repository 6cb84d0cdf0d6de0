// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr-rx/model_loader.h"
#include "apps/prunedamr-rx/options.h"

#include "prunedamr/receiver/hub/messages.h"
#include "prunedamr/receiver/receiver.h"
#include "prunedamr/receiver/return_watch.h"
#include "prunedamr/receiver/update_store.h"
#include "prunedamr/receiver/web/status_board.h"

#include <boost/lockfree/spsc_queue.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace prunedamr::rx {

/// Takes signed updates of the model, as files in a folder or by HTTP, while samples flow: checks them, loads the new
/// model beside the present one, switches to it, watches it, and goes back when it does worse. What happens is said in
/// one line each. But for `add`, all is called on one thread.
class ModelUpdates
{
public:
    /// Throws `Error` for keys or a folder that cannot be used.
    ModelUpdates(const Options& options, const std::string& model, const stream::ModelConfig& config);

    const std::string& model() const { return store_.present(); } ///< file to run

    /// What became of an update; whoever brought it.
    struct Outcome {
        receiver::hub::Result result;
        std::string why;    ///< refused: one of `model::to_string`'s words, or "failed"; kept, returned: the reason
        std::string update; ///< SHA-256 of its bytes, 64 digits; may be empty of one that an older program took
        std::uint64_t sequence = 0; ///< of the last one that was taken
    };
    /// `tell`: each outcome, once the model that follows from it runs. `switched`: which model runs now. Before the first call of `follow`.
    void watch_by(std::function<void(const Outcome&)> tell, std::function<void(const model::ModelInfo&, const std::string& hash)> switched);

    /// A decision, and what it tells of drift; on the classifying thread. When it says too much before `follow` is
    /// called, the rest is not watched.
    void add(const stream::LabelEvent& event) noexcept;

    /// What becomes of an update: `refused`, or what was done.
    using Answer = std::function<void(const std::string& text, bool refused)>;

    /// Bytes that came by HTTP; `answer` is called at once or by `follow`.
    void offer(const std::string& bytes, Answer answer);

    static std::string hash_of(const std::string& bytes); ///< SHA-256, 64 digits

    /// The same of one that may come more than once: what became of it is told again.
    void offer_again(const std::string& bytes, const std::string& name);

    bool is_busy() const noexcept { return pending_.has_value(); } ///< an update is being loaded, or the model before
    std::uint64_t sequence() const { return store_.sequence(); }

    /// Now and then: goes on with what is under way.
    void follow(receiver::Receiver& receiver);

    /// A person wants the model before: it is loaded from now on. False when none is kept.
    bool revert();

    /// The same where the update with this hash runs; what became of it is told, also where it does not run.
    void return_from(const std::string& update, const std::string& why);

    receiver::StatusBoard::Updates status();

private:
    struct Decision {
        stream::State state;
        float confidence;
        stream::LabelEvent::Drift drift;
    };
    struct Pending {
        std::string name;
        bool is_return = false; ///< else an update
        Answer answer;
        std::string update; ///< its hash
        std::string why;    ///< of a return
    };

    void guarded(const std::function<void()>& step);
    bool begin_return(const std::string& why);
    void begin(const std::string& bytes, const std::string& name, Answer answer);
    void finish(receiver::Receiver& receiver, ModelLoader::Loaded loaded);
    void refuse(const std::string& fault, const std::string& why, const Answer& answer, const std::string& update);
    void tell(receiver::hub::Result result, const std::string& why, const std::string& update);
    void say(const std::string& text);
    void watch();
    void look();
    void look_for_files();

    std::function<void(const Outcome&)> tell_;
    std::function<void(const model::ModelInfo&, const std::string& hash)> switched_;
    receiver::UpdateStore store_;
    ModelLoader loader_;
    std::optional<Pending> pending_;
    boost::lockfree::spsc_queue<Decision, boost::lockfree::capacity<1024>> decisions_; ///< to be watched
    receiver::ReturnWatch watch_;
    receiver::StatusBoard::Updates status_;
    std::string fault_; ///< that was said last
    std::chrono::steady_clock::time_point next_look_;
};

} // namespace prunedamr::rx
