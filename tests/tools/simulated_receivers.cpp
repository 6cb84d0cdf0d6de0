// SPDX-License-Identifier: GPL-3.0-or-later
// Many receivers in one process, each with the link of the real one and synthetic events: what they gave out is told as JSON,
// to be compared with what a hub has stored.
#include "prunedamr/base/checksum.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"
#include "prunedamr/base/version.h"
#include "prunedamr/receiver/hub/link.h"
#include "prunedamr/receiver/outputs/output.h"
#include "prunedamr/stream/label_event.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <random>
#include <thread>

using namespace prunedamr;
using namespace std::chrono_literals;
namespace hub = prunedamr::receiver::hub;

namespace {

std::atomic<bool> stopping{ false };

struct Settings {
    std::vector<std::string> hubs;
    std::string prefix = "sim", updates = "none";
    int receivers = 10;
    double rate = 20.0, duration_s = 10.0, wait_s = 30.0, trial_s = 2.0;
    std::uint64_t seed = 1;
    std::size_t spool = 8'000'000;
};

/// A few emissions that last; each event is of one of them.
class Air
{
public:
    explicit Air(std::uint64_t seed) : random_(seed)
    {
        for (auto& one : frequencies_)
            one = 400e6 + 1e3 * static_cast<double>(random_() % 100'000);
    }

    std::string next(const std::string& source, std::uint64_t seq)
    {
        static constexpr const char* kLabels[] = { "2FSK", "GMSK", "QPSK", "16QAM", "AM", "FM", "OFDM", "CSS" };
        const std::size_t track = random_() % frequencies_.size();
        stream::LabelEvent event;
        event.source = std::string_view(source);
        event.seq = seq;
        event.track = track + 1;
        event.time_ns = system_time_ns();
        event.sample_rate_hz = 2.4e6;
        event.sample_count = 240'000;
        event.center_freq_hz = frequencies_[track];
        event.bandwidth_hz = 12.5e3;
        event.snr_db = 5.0f + static_cast<float>(random_() % 200) / 10.0f;
        event.power_dbfs = -30.0f;
        event.state = random_() % 20 == 0 ? stream::State::unknown : stream::State::signal;
        const bool is_known = event.state == stream::State::signal;
        event.label = std::string_view(is_known ? kLabels[track % 8] : "unknown");
        event.family = event.label;
        event.confidence = 0.5f + static_cast<float>(random_() % 500) / 1000.0f;
        event.top[0] = { event.label, event.confidence };
        event.top_count = 1;
        event.model = std::string_view("simulated");
        return stream::to_json_line(event);
    }

private:
    std::mt19937_64 random_;
    std::array<double, 16> frequencies_;
};

class Simulated
{
public:
    Simulated(const Settings& settings, int index)
        : settings_(settings), name_(fmt::format("{}-{:03}", settings.prefix, index)), air_(settings.seed * 1000 + static_cast<std::uint64_t>(index)),
          random_(settings.seed + static_cast<std::uint64_t>(index))
    {
        receiver::OutputContext context;
        context.source_name = name_;
        context.on_notice = [](const std::string& text) { fmt::print(stderr, "{}\n", text); };
        hub::LinkConfig config = receiver::hub_link(receiver::parse_hubs(settings.hubs), context);
        config.spool_bytes = settings.spool;
        config.wait = std::chrono::milliseconds(static_cast<int>(1e3 * settings.wait_s));
        auto transport = hub::make_transport(config);
        link_ = std::make_unique<hub::ReceiverLink>(config, std::move(transport), hub::random_run());
        link_->set_status([this] { return fmt::format(R"({{"version":"{}","model":"simulated","source":{{"name":"{}"}},"labels":[]}})", kVersion, name_); });
        model_ = "base";
        sign_in();
        link_->start();
    }

    void give_out()
    {
        link_->add(seq_, air_.next(name_, seq_));
        ++seq_;
    }

    /// What a hub wants; an update is a random text here.
    void answer(std::chrono::steady_clock::time_point now)
    {
        while (const auto request = link_->take_request()) {
            if (const auto* bytes = std::get_if<std::string>(&*request))
                take(*bytes, now);
            else if (std::get<hub::ReceiverLink::Return>(*request).update == update_)
                end_trial(hub::Result::returned, "asked for");
        }
        if (is_on_trial_ && now >= trial_ends_)
            end_trial(settings_.updates == "returned" ? hub::Result::returned : hub::Result::kept, "simulated");
    }

    void finish() { link_->finish(); }

    nlohmann::ordered_json result() const
    {
        const hub::LinkStatus status = link_->status();
        return { { "receiver", name_ }, { "run", link_->run() }, { "last", seq_ > 0 ? nlohmann::ordered_json(seq_ - 1) : nlohmann::ordered_json() },
                 { "acknowledged", status.acknowledged }, { "waiting", status.waiting }, { "lost", status.lost }, { "reconnects", status.reconnects } };
    }

private:
    static std::string hash_of(const std::string& text) { return to_hex(sha256(text.data(), text.size())); }

    void sign_in()
    {
        link_->set_registration({ name_, "", since_ns_, kVersion, hub::Position{ -60.0 + static_cast<double>(random_() % 1200) / 10.0, -180.0 + static_cast<double>(random_() % 3600) / 10.0 },
                                  { "simulated", hash_of(model_) }, { "2FSK", "GMSK" }, sequence_, { "0123456789abcdef0123456789abcdef" } });
    }

    void take(const std::string& bytes, std::chrono::steady_clock::time_point now)
    {
        const std::string hash = hash_of(bytes);
        if (settings_.updates == "none" || settings_.updates == "refused")
            return say(hash, hub::Result::refused, "bad_signature");
        if (hash == update_) // a second time
            return say(hash, is_on_trial_ ? hub::Result::taken : last_, "");
        update_ = hash;
        model_ = bytes;
        ++sequence_;
        is_on_trial_ = true;
        trial_ends_ = now + std::chrono::milliseconds(static_cast<int>(1e3 * settings_.trial_s));
        say(hash, hub::Result::taken, "");
        sign_in();
    }

    void end_trial(hub::Result result, const std::string& why)
    {
        is_on_trial_ = false;
        last_ = result;
        if (result == hub::Result::returned)
            model_ = "base";
        say(update_, result, why);
        sign_in();
    }

    void say(const std::string& update, hub::Result result, const std::string& why)
    {
        link_->send(hub::Answer{ link_->run(), update, result, why, { "simulated", hash_of(model_) }, sequence_ });
    }

    const Settings& settings_;
    const std::string name_;
    Air air_;
    std::mt19937_64 random_;
    const std::int64_t since_ns_ = system_time_ns();
    std::uint64_t seq_ = 0, sequence_ = 0;
    std::string model_, update_;
    bool is_on_trial_ = false;
    hub::Result last_ = hub::Result::kept;
    std::chrono::steady_clock::time_point trial_ends_{};
    std::unique_ptr<hub::ReceiverLink> link_;
};

void give_out(const Settings& settings, std::vector<std::unique_ptr<Simulated>>& receivers)
{
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const auto total = static_cast<std::uint64_t>(settings.rate * settings.duration_s);
    for (std::uint64_t given = 0; given < total && !stopping.load();) {
        const auto now = Clock::now();
        const auto due = std::min(total, static_cast<std::uint64_t>(settings.rate * std::chrono::duration<double>(now - start).count()) + 1);
        for (; given < due; ++given)
            for (auto& one : receivers)
                one->give_out();
        for (auto& one : receivers)
            one->answer(now);
        std::this_thread::sleep_for(20ms);
    }
}

int run(const Settings& settings)
{
    std::vector<std::unique_ptr<Simulated>> receivers;
    for (int i = 0; i < settings.receivers; ++i)
        receivers.push_back(std::make_unique<Simulated>(settings, i));
    give_out(settings, receivers);
    std::vector<std::thread> ends; // each waits for its acknowledgements
    for (auto& one : receivers)
        ends.emplace_back([&one] { one->finish(); });
    for (auto& one : ends)
        one.join();
    nlohmann::ordered_json json{ { "receivers", nlohmann::ordered_json::array() } };
    for (auto& one : receivers)
        json["receivers"].push_back(one->result());
    for (const char* key : { "acknowledged", "waiting", "lost", "reconnects" }) {
        std::uint64_t sum = 0;
        for (const auto& one : json["receivers"])
            sum += one[key].get<std::uint64_t>();
        json[key] = sum;
    }
    fmt::print("{}\n", json.dump(1));
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    CLI::App app("Simulated receivers of a hub: what they gave out is written to standard output as JSON. SIGTERM ends them early.", "simulated_receivers");
    app.add_option("--hub", settings.hubs, "as of prunedamr-rx")->required();
    app.add_option("--receivers", settings.receivers, "how many")->capture_default_str();
    app.add_option("--rate", settings.rate, "labels per second of each")->capture_default_str();
    app.add_option("--duration", settings.duration_s, "seconds")->capture_default_str();
    app.add_option("--seed", settings.seed, "of frequencies, labels and positions")->capture_default_str();
    app.add_option("--name", settings.prefix, "their names are NAME-000, NAME-001, ...")->capture_default_str();
    app.add_option("--spool", settings.spool, "bytes")->capture_default_str();
    app.add_option("--wait", settings.wait_s, "seconds for acknowledgements at the end")->capture_default_str();
    app.add_option("--updates", settings.updates, "what becomes of any update: none or refused: refused; kept, returned: taken, and this after --trial")
        ->check(CLI::IsMember({ "none", "refused", "kept", "returned" }))
        ->capture_default_str();
    app.add_option("--trial", settings.trial_s, "seconds")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    for (const int number : { SIGINT, SIGTERM })
        std::signal(number, [](int) { stopping.store(true); });
    try {
        return run(settings);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
