// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/session.h"

#include "apps/common/cli.h"
#include "apps/prunedamr-rx/outputs.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/base/stage_times.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/stream/system_candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <stdexcept>
#include <utility>

namespace prunedamr::rx {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrace = 1s;     ///< between a signal and leaving a stalled reader or driver behind
constexpr double kStuckS = 1.5; ///< in a call of a live source, as in `receiver::make_supervised_source`

bool source_left_behind = false;
constexpr std::size_t kMaxName = 48; ///< bytes, of a source in the events

/// Of several files each is its own source: the end of its path, of whole characters.
std::string source_name(const Options& options, const std::string& address)
{
    if (options.source.addresses.size() < 2)
        return options.name.empty() ? "rx0" : options.name;
    std::string name = (options.name.empty() ? "" : options.name + ":") + address;
    std::size_t cut = name.size() - std::min(name.size(), kMaxName);
    while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xC0) == 0x80)
        ++cut;
    return name.substr(cut);
}

/// Labels come without the shipped table, too; a table that was asked for must be there.
std::vector<systems::System> load_systems(const std::string& path)
{
    if (!path.empty() || !model::find_shared("systems.json").empty())
        return systems::load_systems(path);
    cli::warn({ "there is no share/prunedamr/systems.json: events name no candidates" });
    return {};
}

stream::ModelConfig model_config(const Options& options)
{
    stream::ModelConfig config;
    config.backend = options.backend;
    config.max_latency_us = options.max_latency_us;
    return config;
}

receiver::ReceiverConfig receiver_config(const Options& options, const std::string& address)
{
    receiver::ReceiverConfig config;
    config.name = source_name(options, address);
    config.on_notice = cli::print; // what goes wrong is said, --quiet or not
    config.interval_s = options.interval_s;
    if (options.min_confidence >= 0.0)
        config.min_confidence = options.min_confidence;
    config.single = options.single;
    config.measure = options.measure;
    config.evidence = options.evidence;
    return config;
}

} // namespace

Session::Session(const Options& options)
    : options_(options), model_(model::find_model(options.model)), systems_(load_systems(options.systems)),
      loader_(model_config(options)), fault_said_(options.outputs.size())
{
    check_files(options, model_);
    gain_db_ = options.source.radio.gain_db;
    if (options.min_confidence >= 0.0)
        min_confidence_ = options.min_confidence;
    if (!options.updates.empty())
        updates_ = std::make_unique<ModelUpdates>(options_, model_, model_config(options_));
    if (!options.web.empty())
        page_ = std::make_unique<WebPage>(options_, board_);
    if (options.has_output(receiver::OutputKind::snippets))
        history_ = std::make_unique<receiver::SampleHistory>();
    open_next();
    if (!receiver_)
        return;
    std::vector<std::unique_ptr<stream::Sink>> last;
    if (page_)
        last.push_back(page_->sink());
    if (hub_)
        last.push_back(hub_->sink(!page_));
    publisher_ = make_publisher(options, receiver_->source(), history_.get(), std::move(last), hub_.get());
    if (options.watch_model)
        watched_.emplace(model_);
}

/// The receiver of the next address that can be opened; none when there is no such, or a signal has arrived.
void Session::open_next()
{
    receiver_.reset();
    const auto& addresses = options_.source.addresses;
    while (!receiver_ && next_ < addresses.size() && !interrupted())
        try {
            open(addresses[next_++]);
        } catch (const Error& error) {
            if (addresses.size() == 1)
                throw;
            cli::print(error.what());
            ++failures_;
        }
    if (!receiver_ && !interrupted())
        report_failures();
}

void Session::open(const std::string& address)
{
    auto source = open_source(options_.source, address, schedule_);
    cli::warn(source->info().warnings);
    auto model = load_model();
    if (!model)
        return;
    first_sample_ = source->info().first_sample;
    const auto& info = source->info();
    board_.set_source({ info.name, options_.model, info.live, info.sample_rate_hz, info.center_freq_hz });
    if (options_.hub && !hub_)
        open_hub(model->model.info, model->hash, info.live);
    if (!drift_)
        drift_.emplace(options_, model->model.info);
    const auto publish = [this](stream::LabelEvent event) {
        event.seq = seq_++;
        if (page_)
            page_->name(event.seq);
        event.sample_start += first_sample_;
        if (schedule_ && event.state != stream::State::noise)
            schedule_->note_alive(event.visit);
        stream::set_candidates(systems_, event);
        drift_->see(event);
        if (updates_)
            updates_->add(event);
        publisher_->publish(event);
    };
    receiver::ReceiverConfig config = receiver_config(options_, address);
    if (page_) {
        receiver::Picture& picture = page_->begin_run(source->info());
        page_->set_scan(schedule_);
        config.samples.push_back(&picture);
        config.decisions = &picture;
    }
    if (history_) {
        history_->begin_run(source->info());
        config.samples.push_back(history_.get());
    }
    receiver_ = std::make_unique<receiver::Receiver>(std::move(source), std::move(model->model), config, publish);
    receiver_->set_min_confidence(min_confidence_);
}

/// None when a signal has arrived meanwhile. Throws what `stream::open_model` throws.
std::optional<ModelLoader::Model> Session::load_model()
{
    loader_.request(model_file());
    while (!interrupted())
        if (auto loaded = loader_.take(1s)) {
            if (const auto* fault = std::get_if<std::exception_ptr>(&*loaded))
                std::rethrow_exception(*fault);
            return std::move(std::get<ModelLoader::Model>(*loaded));
        }
    return std::nullopt;
}

void Session::report_failures() const
{
    if (failures_ > 0)
        throw std::runtime_error(std::to_string(failures_) + " of " +
                                 std::to_string(options_.source.addresses.size()) +
                                 " files could not be read to the end");
}

void Session::run()
{
    if (!receiver_) // a signal came first
        return;
    Statistics statistics(receiver_->source().live);
    const double start_s = cpu_seconds();
    if (options_.profile)
        measure_stages();
    if (!options_.quiet)
        cli::print(receiver_->description());
    update_board(statistics); // before anyone is told where to ask
    if (page_ && !options_.quiet)
        cli::print("Serving " + page_->address());
    while (receiver_) {
        update_board(statistics);
        receiver_->start();
        service_.ready();
        wait_for_end(statistics);
        tell_doubts();
        drift_->tell();
        statistics.add(receiver_->stats());
        if (const auto fault = receiver_->fault(); fault && options_.source.addresses.size() > 1) {
            cli::print(*fault);
            ++failures_;
        } else if (fault) {
            fault_ = fault;
        }
        if (interrupted() || !publisher_->has_readers())
            break;
        receiver_.reset();
        if (next_ < options_.source.addresses.size())
            open_next();
    }
    service_.stopping();
    statistics.end(); // what follows is no reception
    if (drift_)
        drift_->finish();
    write_out();
    const std::size_t count = options_.outputs.size();
    for (std::size_t i = 0; !options_.quiet && i < count; ++i)
        if (const std::uint64_t lost = publisher_->lost(i))
            cli::print(options_.outputs[i].name() + ": " + std::to_string(lost) +
                       " events lost: " + (options_.outputs[i].kind == receiver::OutputKind::snippets ? "see above" : "its reader was too slow or away"));
    const std::string unacknowledged = told_unacknowledged();
    if (count == 1 && !page_ && !hub_ && publisher_->fault())
        throw std::runtime_error(*publisher_->fault());
    say_faults();
    if (fault_)
        throw std::runtime_error(*fault_);
    report_failures();
    if (!unacknowledged.empty())
        throw std::runtime_error(unacknowledged);
    if (const std::size_t failed = failed_outputs())
        throw std::runtime_error(std::to_string(failed) + " of " + std::to_string(count) + " outputs failed");
    if (!options_.quiet)
        cli::print(statistics.summary(publisher_->lost()));
    if (options_.profile)
        for (const std::string& line : stage_table(statistics.total({}).classifier.samples, start_s))
            cli::print(line);
}

/// --quiet or not. What is returned is a failure: nobody at all got the events.
std::string Session::told_unacknowledged() const
{
    const auto hub = hub_ ? hub_->status() : receiver::hub::LinkStatus();
    if (hub.waiting == 0)
        return "";
    const std::string text = hub.name + ": " + std::to_string(hub.waiting) + " events were not acknowledged by a hub";
    if (hub.acknowledged == 0 && options_.outputs.empty() && !page_ && !fault_)
        return text + ", and there is no other output";
    cli::print(text);
    return "";
}

/// Each once. That of a single output ends the run, which then says it, unless the page or the hub goes on.
void Session::say_faults()
{
    for (std::size_t i = 0; (options_.outputs.size() > 1 || page_ || hub_) && i < options_.outputs.size(); ++i)
        if (const auto fault = publisher_->fault(i); fault && !fault_said_[i]) {
            fault_said_[i] = true;
            cli::print(*fault);
        }
}

std::size_t Session::failed_outputs() const
{
    std::size_t failed = 0;
    for (std::size_t i = 0; i < options_.outputs.size(); ++i)
        failed += publisher_->fault(i) ? 1 : 0;
    return failed;
}

/// Writes what is queued. A reader that stalls is waited for, but not after a signal.
void Session::write_out()
{
    auto end = std::async(std::launch::async, [this] { publisher_->close(); });
    const auto begin = Statistics::Clock::now();
    bool is_told = !hub_;
    while (end.wait_for(50ms) != std::future_status::ready) {
        abandon_stalled_readers();
        if (!is_told && Statistics::Clock::now() - begin > 1s) {
            is_told = true;
            cli::print(fmt::format("{}: waiting for a hub to acknowledge {} events, {:g} s at most (--hub-wait)", hub_->status().name,
                                   hub_->status().waiting, options_.hub_wait_s)); // --quiet or not: else it would seem to hang
        }
    }
    end.get();
}

void Session::abandon_stalled_readers()
{
    const auto now = Statistics::Clock::now();
    if (!interrupted())
        return;
    if (!interrupted_at_)
        interrupted_at_ = now;
    if (now - *interrupted_at_ > kGrace)
        publisher_->abandon();
}

void Session::wait_for_end(Statistics& statistics)
{
    auto next_line = Statistics::Clock::now() + 1s;
    while (!receiver_->wait_for(50ms)) {
        say_faults();
        if (interrupted() || !publisher_->has_readers())
            receiver_->stop();
        abandon_stalled_readers();
        follow_requests();
        serve_changes();
        update_board(statistics);
        drift_->tell();
        if (receiver_->source().live) {
            tell_doubts();
            watch_source();
        }
        if (!stuck_) // a driver that stays away is ended from outside
            service_.alive();
        if (!options_.quiet && Statistics::Clock::now() >= next_line) {
            cli::print(statistics.line(receiver_->stats(), publisher_->lost()));
            next_line += 1s;
        }
    }
}

/// A driver that does not come back is named; where that is wanted, or after a signal, it is left behind.
void Session::watch_source()
{
    const double stuck_s = receiver_->stats().stuck_s;
    const std::string& name = receiver_->source().name;
    const bool ends = options_.source.exit_on_loss;
    const bool stopped = interrupted_at_ && Statistics::Clock::now() - *interrupted_at_ > kGrace;
    if (stuck_s < kStuckS) {
        if (std::exchange(stuck_, false))
            cli::print(name + ": answers again");
        return;
    }
    const std::string fault = fmt::format("{}: no answer for {:.1f} s", name, stuck_s);
    if (!std::exchange(stuck_, true) && !ends)
        cli::print(fault);
    if (ends || stopped)
        source_left_behind = receiver_->abandon(ends ? std::optional(fault) : std::nullopt) || source_left_behind;
}

bool Session::left_behind()
{
    return source_left_behind;
}

/// Each once, --quiet or not.
void Session::tell_doubts()
{
    const auto doubts = stream::doubts(receiver_->stats().classifier);
    for (std::size_t i = 0; i < doubts.size(); ++i)
        if (!doubts[i].empty() && !std::exchange(told_[i], true))
            cli::print(doubts[i]);
}

} // namespace prunedamr::rx
