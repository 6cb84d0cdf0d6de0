// SPDX-License-Identifier: GPL-3.0-or-later
// https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
#include "prunedamr/receiver/outputs/sinks.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/text.h"
#include "prunedamr/receiver/outputs/http_client.h"
#include "prunedamr/receiver/outputs/peer.h"
#include "prunedamr/stream/label_event_fields.h"
#include "prunedamr/stream/label_file.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace prunedamr::receiver {
namespace {

using Clock = std::chrono::steady_clock;
using stream::Cell;

constexpr std::size_t kBatchLines = 500, kMaxLines = 5000;
constexpr std::chrono::milliseconds kBatchTime{ 1000 };
constexpr std::array<std::string_view, 5> kTags{ "source", "state", "label", "family", "model" };

bool is_tag(std::string_view name)
{
    return std::find(kTags.begin(), kTags.end(), name) != kTags.end();
}

/// A line break would end the line, wherever it stands.
void append_escaped(std::string& line, std::string_view text, std::string_view special)
{
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos)
            line += '\\';
        line += c == '\n' || c == '\r' ? ' ' : c;
    }
}

/// Writes events as lines. Two of one moment and the same tags would be one point: the later one is moved by 1 ns.
class LineProtocol
{
public:
    explicit LineProtocol(const std::string& measurement) { append_escaped(measurement_, measurement, ", "); }

    /// As it stands at the start of each line.
    const std::string& measurement() const noexcept { return measurement_; }

    const std::string& line(const stream::LabelEvent& event)
    {
        line_ = measurement_;
        fields_.clear();
        std::int64_t time_ns = 0;
        stream::visit_cells(event, [&](const char* name, const Cell& cell) {
            if (const auto* time = std::get_if<stream::TimeStamp>(&cell))
                time_ns = time->ns;
            else if (is_tag(name))
                add_tag(name, cell);
            else
                add_field(name, cell);
        });
        line_ += ' ' + fields_ + ' ' + std::to_string(time_ns + offset(time_ns));
        return line_;
    }

private:
    std::int64_t offset(std::int64_t time_ns)
    {
        offset_ = time_ns == std::exchange(last_ns_, time_ns) ? offset_ + 1 : 0;
        return offset_;
    }

    /// One that ends in a backslash would escape what stands behind it; an empty one is an error.
    void add_tag(const char* name, const Cell& cell)
    {
        text_.clear();
        stream::append_text(text_, cell);
        std::replace(text_.begin(), text_.end(), '\\', '/');
        if (text_.empty())
            return;
        line_ += ',';
        line_ += name;
        line_ += '=';
        append_escaped(line_, text_, ",= ");
    }

    void add_field(const char* name, const Cell& cell)
    {
        if (std::holds_alternative<std::monostate>(cell))
            return;
        fields_ += fields_.empty() ? "" : ",";
        fields_ += name;
        fields_ += '=';
        if (const auto* text = std::get_if<std::string_view>(&cell)) {
            fields_ += '"';
            append_escaped(fields_, *text, "\"\\");
            fields_ += '"';
            return;
        }
        stream::append_text(fields_, cell);
        if (std::holds_alternative<std::int64_t>(cell) || std::holds_alternative<std::uint64_t>(cell))
            fields_ += 'i';
    }

    std::string measurement_, line_, fields_, text_;
    std::int64_t last_ns_ = 0, offset_ = -1;
};

class InfluxDatagrams : public stream::Sink
{
public:
    InfluxDatagrams(const InfluxConfig& config, const std::string& address, NoticeHandler notice)
        : protocol_(config.measurement),
          peer_("influx:" + config.target, std::move(notice), false,
                [address, target = config.target] { return Socket::connect_udp(address, "influx:" + target); })
    {
    }

    void write(const stream::LabelEvent& event) override
    {
        peer_.send(protocol_.line(event) + '\n');
    }
    void idle() override { peer_.look(); }
    std::uint64_t lost() const noexcept override { return peer_.state().lost(); }
    std::uint64_t reconnects() const noexcept override { return peer_.state().reconnects(); }

private:
    LineProtocol protocol_;
    SocketPeer peer_;
};

class InfluxFile : public stream::Sink
{
public:
    explicit InfluxFile(const InfluxConfig& config)
        : protocol_(config.measurement),
          file_(config.target, { "",
                                 [start = protocol_.measurement() + ','](const std::string& line) {
                                     return line.rfind(start, 0) == 0 && line.find(" ") != std::string::npos;
                                 },
                                 [](const std::string&) { return false; } })
    {
    }

    void write(const stream::LabelEvent& event) override { file_.write(protocol_.line(event)); }
    void reopen() override { file_.reopen(); }
    bool has_ended() const noexcept override { return file_.has_ended(); }
    void abandon() noexcept override { file_.abandon(); }

private:
    LineProtocol protocol_;
    stream::LabelFile file_;
};

std::string percent_encoded(const std::string& text)
{
    constexpr const char* digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
            c == '.')
            result += c;
        else
            result.append({ '%', digits[byte >> 4], digits[byte & 15] });
    }
    return result;
}

/// Lines wait for the server; the oldest are lost when it stays away.
class InfluxServer : public stream::Sink
{
public:
    InfluxServer(const InfluxConfig& config, NoticeHandler notice)
        : protocol_(config.measurement), state_("influx:" + config.target, std::move(notice)),
          client_(server(config)), path_(path(config)), authorization_(authorization(config))
    {
    }

    void write(const stream::LabelEvent& event) override
    {
        if (lines_.empty())
            oldest_ = Clock::now();
        lines_.push_back(protocol_.line(event) + '\n');
        if (lines_.size() >= kBatchLines)
            post();
        if (lines_.size() > kMaxLines)
            drop(1);
    }

    void flush() override { idle(); }
    void idle() override
    {
        if (!lines_.empty() && Clock::now() - oldest_ >= kBatchTime)
            post();
    }

    void finish() override
    {
        while (!lines_.empty() && !abandoned_.load() && post()) {
        }
        drop(lines_.size());
    }

    void abandon() noexcept override { abandoned_.store(true); }
    std::uint64_t lost() const noexcept override { return state_.lost(); }
    std::uint64_t reconnects() const noexcept override { return state_.reconnects(); }

private:
    static HttpServer server(const InfluxConfig& config)
    {
        HttpServer server = parse_http_server(config.target);
        server.ca = config.ca;
        return server;
    }

    static std::string path(const InfluxConfig& config)
    {
        return config.bucket.empty() ? "/write?precision=ns&db=" + percent_encoded(config.database)
                                     : "/api/v2/write?precision=ns&org=" + percent_encoded(config.organization) +
                                           "&bucket=" + percent_encoded(config.bucket);
    }

    static std::string authorization(const InfluxConfig& config)
    {
        if (!config.token.empty())
            return "Token " + config.token;
        return config.user.empty() ? "" : "Basic " + to_base64(config.user + ":" + config.password);
    }

    /// A batch; false when it stays here.
    bool post()
    {
        if (!state_.is_due())
            return false;
        std::string body;
        const std::size_t count = std::min(lines_.size(), kBatchLines);
        for (std::size_t i = 0; i < count; ++i)
            body += lines_[i];
        try {
            const auto answer = client_.post(path_, authorization_, body);
            if (answer.status >= 500) {
                state_.failed("the server answers " + std::to_string(answer.status));
                return false;
            }
            state_.succeeded();
            if (answer.status >= 300)
                refuse(answer, count);
            lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(count));
            oldest_ = Clock::now();
            return true;
        } catch (const Error& error) {
            state_.failed(error.parts().problem + ": " + error.parts().found);
            return false;
        }
    }

    /// What the server does not want it will not want later either.
    void refuse(const HttpClient::Answer& answer, std::size_t count)
    {
        state_.lose(count);
        if (!std::exchange(told_, true))
            state_.tell("the server refuses events, and answers " + std::to_string(answer.status) + " " +
                        answer.body.substr(0, 200));
    }

    void drop(std::size_t count)
    {
        lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(count));
        state_.lose(count);
    }

    LineProtocol protocol_;
    PeerState state_;
    HttpClient client_;
    const std::string path_, authorization_;
    std::deque<std::string> lines_;
    Clock::time_point oldest_{};
    bool told_ = false;
    std::atomic<bool> abandoned_{ false };
};

} // namespace

std::unique_ptr<stream::Sink> make_influx_sink(const InfluxConfig& config, NoticeHandler notice)
{
    const std::string& target = config.target;
    if (target.rfind("udp://", 0) == 0) {
        if (parse_host_port(target.substr(6), "udp://HOST:PORT").host.empty())
            throw InvalidArgument({ "bad address", "", target, "udp://HOST:PORT" });
        return std::make_unique<InfluxDatagrams>(config, target.substr(6), std::move(notice));
    }
    if (target.rfind("http://", 0) != 0 && target.rfind("https://", 0) != 0)
        return std::make_unique<InfluxFile>(config);
    if (config.bucket.empty() == config.database.empty())
        throw InvalidArgument({ "where the points belong is missing", "influx:" + target, "",
                                "db (version 1), or org and bucket (version 2)" });
    return std::make_unique<InfluxServer>(config, std::move(notice));
}

} // namespace prunedamr::receiver
