// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/sinks.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"
#include "prunedamr/receiver/outputs/peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <unistd.h>

namespace prunedamr::receiver {
namespace {

/// A message for each event to a socket's peer.
class SocketSink : public stream::LineSink
{
public:
    SocketSink(std::string name, NoticeHandler notice, bool is_stream, std::function<Socket()> open)
        : peer_(std::move(name), std::move(notice), is_stream, std::move(open))
    {
    }

    void write_line(const std::string& json_line) override { peer_.send(message(json_line)); }
    void idle() override { peer_.look(); }
    std::uint64_t lost() const noexcept override { return peer_.state().lost(); }
    std::uint64_t reconnects() const noexcept override { return peer_.state().reconnects(); }

private:
    virtual std::string message(const std::string& json_line) const { return json_line; }

    SocketPeer peer_;
};

enum class SyslogForm { local, datagram, octet_counted };

/// RFC 5424, table 1; those of clocks and logs are no receiver's.
int facility_code(const std::string& name)
{
    constexpr std::array<const char*, 24> names{ "kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                                 "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                                 "",       "",       "",       "",       "local0",   "local1",
                                                 "local2", "local3", "local4", "local5", "local6",   "local7" };
    const auto found = std::find(names.begin(), names.end(), name);
    if (name.empty() || found == names.end())
        throw InvalidArgument({ "unknown facility", "", name, "user, daemon, local0, ..., local7" });
    return static_cast<int>(found - names.begin());
}

class SyslogSink : public SocketSink
{
public:
    SyslogSink(std::string name, NoticeHandler notice, SyslogForm form, int facility, std::function<Socket()> open)
        : SocketSink(std::move(name), std::move(notice), form == SyslogForm::octet_counted, std::move(open)),
          form_(form), priority_(8 * facility + kInformational)
    {
        std::array<char, 256> host{};
        if (::gethostname(host.data(), host.size() - 1) == 0)
            host_ = host.data();
        if (host_.empty())
            host_ = "-";
    }

private:
    static constexpr int kInformational = 6;
    static constexpr const char* kProgram = "prunedamr-rx";

    std::string message(const std::string& json_line) const override
    {
        if (form_ == SyslogForm::local) {
            const std::time_t now = std::time(nullptr);
            std::tm local{};
            std::array<char, 32> stamp{};
            std::strftime(stamp.data(), stamp.size(), "%b %e %H:%M:%S", ::localtime_r(&now, &local));
            return fmt::format("<{}>{} {}[{}]: {}", priority_, stamp.data(), kProgram, ::getpid(), json_line);
        }
        std::string time = rfc3339(system_time_ns());
        time.replace(time.size() - 4, 3, ""); // RFC 5424 knows microseconds
        const std::string text =
            fmt::format("<{}>1 {} {} {} {} label - {}", priority_, time, host_, kProgram, ::getpid(), json_line);
        return form_ == SyslogForm::octet_counted ? std::to_string(text.size()) + ' ' + text : text;
    }

    const SyslogForm form_;
    const int priority_;
    std::string host_;
};

bool has_port(const std::string& address)
{
    return address.find(':', address.rfind(']') == std::string::npos ? 0 : address.rfind(']')) != std::string::npos;
}

} // namespace

std::unique_ptr<stream::Sink> make_udp_sink(const std::string& address, NoticeHandler notice)
{
    const std::string name = "udp:" + address;
    if (parse_host_port(address, "HOST:PORT").host.empty())
        throw InvalidArgument({ "bad address", "", address, "HOST:PORT" });
    return std::make_unique<SocketSink>(name, std::move(notice), false,
                                        [address, name] { return Socket::connect_udp(address, name); });
}

std::unique_ptr<stream::Sink> make_syslog_sink(const SyslogConfig& config, NoticeHandler notice)
{
    const int facility = facility_code(config.facility);
    const std::string name = "syslog:" + config.target, scheme = config.target.substr(0, 6);
    if (config.target.rfind('/', 0) == 0)
        return std::make_unique<SyslogSink>(
            name, std::move(notice), SyslogForm::local, facility,
            [path = config.target, name] { return Socket::connect_unix_datagram(path, name); });
    const bool is_tcp = scheme == "tcp://";
    if (!is_tcp && scheme != "udp://")
        throw InvalidArgument(
            { "bad address", "", config.target, "udp://HOST[:PORT], tcp://HOST[:PORT], or a path" });
    std::string address = config.target.substr(scheme.size());
    address += has_port(address) ? "" : ":514";
    if (parse_host_port(address, "HOST[:PORT]").host.empty())
        throw InvalidArgument({ "bad address", "", config.target, "udp://HOST[:PORT] or tcp://HOST[:PORT]" });
    return std::make_unique<SyslogSink>(
        name, std::move(notice), is_tcp ? SyslogForm::octet_counted : SyslogForm::datagram, facility,
        [address, name, is_tcp] {
            return is_tcp ? Socket::connect_tcp(address, name) : Socket::connect_udp(address, name);
        });
}

} // namespace prunedamr::receiver
