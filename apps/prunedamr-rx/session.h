// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/common/service.h"
#include "apps/prunedamr-rx/hub_side.h"
#include "apps/prunedamr-rx/model_loader.h"
#include "apps/prunedamr-rx/model_updates.h"
#include "apps/prunedamr-rx/options.h"
#include "apps/prunedamr-rx/requests.h"
#include "apps/prunedamr-rx/site_watch.h"
#include "apps/prunedamr-rx/statistics.h"
#include "apps/prunedamr-rx/web_page.h"

#include "prunedamr/receiver/receiver.h"
#include "prunedamr/receiver/sample_history.h"
#include "prunedamr/stream/sinks.h"
#include "prunedamr/systems/matcher.h"

#include <array>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::rx {

/// One run of the program: a receiver for each source, the publisher of their label events, and what is asked of
/// them by signals.
class Session
{
public:
    /// Opens the first source, the model and the outputs, in this order. Throws `Error` naming what cannot be
    /// opened.
    explicit Session(const Options& options);

    /// Until the streams end, or SIGINT or SIGTERM arrives under an `InterruptGuard`; all labels are written
    /// on return. An output that fails is reported at once, and the others go on; when the last has failed or its
    /// reader has left, the run ends. Under a `RequestGuard` SIGUSR2, or a change of a watched file, reloads the
    /// model, SIGUSR1 brings back the one before it, and SIGHUP reopens the outputs. A label reader that stalls is left
    /// behind a second after SIGINT or SIGTERM. A service manager hears that samples flow, that they still do (unless a
    /// driver does not come back), and that the run ends. Throws when a source or an output fails midway, of several
    /// sources once all were tried.
    void run();

    /// True when a source did not come back: its thread is in the driver's code still, and `main` should go by
    /// std::_Exit.
    static bool left_behind();

private:
    void open_next();
    void open(const std::string& address);
    std::optional<ModelLoader::Model> load_model();
    void wait_for_end(Statistics& statistics);
    void watch_source();
    void follow_requests();
    void serve_changes();
    void begin_change(const WebPage::Request& request);
    void update_board(const Statistics& statistics);
    void open_hub(const model::ModelInfo& info, const std::string& hash, bool is_live);
    void switch_model(ModelLoader::Loaded loaded);
    const std::string& model_file() const; ///< to run
    bool revert_model();
    void tell_doubts();
    void write_out();
    std::string told_unacknowledged() const;
    void say_faults();
    std::size_t failed_outputs() const;
    void abandon_stalled_readers();
    void report_failures() const;

    const Options options_;
    cli::Service service_;
    const std::string model_; ///< file
    const systems::Matcher systems_;
    ModelLoader loader_;
    std::unique_ptr<ModelUpdates> updates_; ///< or none
    std::array<bool, 3> told_{};          ///< `stream::doubts`
    std::vector<bool> fault_said_;        ///< of each output
    bool stuck_ = false;                  ///< the source does not come back, and that was said
    std::size_t next_ = 0, failures_ = 0; ///< of the sources
    std::uint64_t first_sample_ = 0;      ///< of the present source
    std::uint64_t seq_ = 0;               ///< of the next event
    std::optional<std::string> fault_;
    std::optional<WatchedFile> watched_;
    std::optional<Statistics::Clock::time_point> interrupted_at_;
    std::optional<double> gain_db_, min_confidence_; ///< as they were set last
    struct PendingChange {
        WebPage::Request request;
        std::future<void> done;
    };
    std::optional<PendingChange> change_; ///< of the source, under way
    receiver::StatusBoard board_;   ///< for the page and the hub
    std::unique_ptr<WebPage> page_; ///< or none
    std::unique_ptr<HubSide> hub_;  ///< or none
    std::optional<SiteWatch> drift_; ///< once a model is there
    std::unique_ptr<receiver::SampleHistory> history_; ///< for snippets, or none
    std::shared_ptr<receiver::ScanSchedule> schedule_; ///< of a scan, or none
    std::unique_ptr<stream::Publisher> publisher_;
    std::unique_ptr<receiver::Receiver> receiver_; ///< ends before what it publishes to
};

} // namespace prunedamr::rx
