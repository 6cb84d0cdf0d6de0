// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/mqtt_connection.h"

#include "prunedamr/base/error.h"

#include <mosquitto.h>

#include <csignal>
#include <thread>
#include <utility>

namespace prunedamr::receiver {
namespace {

using Clock = PeerState::Clock;
using namespace std::chrono_literals;

constexpr int kKeepAliveS = 30;
constexpr auto kAnswer = 5s; ///< for the broker to accept a connection

/// While it lives, a broker that leaves sends no signal to this thread.
class SigpipeBlocked
{
public:
    SigpipeBlocked()
    {
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    }
};

/// Where the library's own words tell nothing.
std::string reason(int code)
{
    switch (code) {
    case MOSQ_ERR_EAI:
        return "this host has no address";
    case MOSQ_ERR_CONN_LOST:
    case MOSQ_ERR_NO_CONN:
        return "the connection was lost";
    case MOSQ_ERR_PROTOCOL:
        return "this is no MQTT broker";
    case MOSQ_ERR_TLS:
        return "no TLS connection: wrong certificate, or none";
    case MOSQ_ERR_KEEPALIVE:
        return "the broker does not answer any more";
    default:
        return mosquitto_strerror(code);
    }
}

} // namespace

std::string BrokerConfig::name(const std::string& topic) const
{
    return std::string(use_tls ? "mqtts://" : "mqtt://") + host + ":" + std::to_string(port) + "/" + topic;
}

void MqttConnection::FreeClient::operator()(mosquitto* client) const noexcept
{
    mosquitto_destroy(client);
}

MqttConnection::Library::Library()
{
    mosquitto_lib_init();
}

MqttConnection::Library::~Library()
{
    mosquitto_lib_cleanup();
}

MqttConnection::MqttConnection(const BrokerConfig& config, std::string name, const Will& will, NoticeHandler notice, Events events, const char* meanwhile)
    : config_(config), events_(std::move(events)), state_(std::move(name), std::move(notice), meanwhile),
      client_(mosquitto_new(config.client_id.empty() ? nullptr : config.client_id.c_str(), true, this))
{
    if (!client_)
        throw InvalidArgument({ "bad MQTT client id", state_.name(), config.client_id, "UTF-8" });
    configure(will);
}

MqttConnection::~MqttConnection() = default;

void MqttConnection::require(int code) const
{
    if (code != MOSQ_ERR_SUCCESS)
        throw InvalidArgument({ "bad MQTT settings", state_.name(), mosquitto_strerror(code), "" });
}

void MqttConnection::configure(const Will& will)
{
    mosquitto* client = client_.get();
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    if (mosquitto_pub_topic_check(will.topic.c_str()) != MOSQ_ERR_SUCCESS)
        throw InvalidArgument({ "bad MQTT topic", state_.name(), will.topic, "one without + and #" });
    require(mosquitto_threaded_set(client, true));
    require(mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, config_.protocol));
    require(mosquitto_will_set(client, will.topic.c_str(), 7, "offline", will.qos, true));
    if (!config_.user.empty())
        require(mosquitto_username_pw_set(client, config_.user.c_str(), config_.password.empty() ? nullptr : config_.password.c_str()));
    if (config_.use_tls)
        set_tls();
    mosquitto_connect_callback_set(client, [](mosquitto*, void* self, int code) { of(self).on_connect(code); });
    mosquitto_disconnect_callback_set(client, [](mosquitto*, void* self, int) { of(self).events_.changed(false); });
    mosquitto_publish_callback_set(client, [](mosquitto*, void* self, int message) { of(self).events_.delivered(message); });
    mosquitto_message_callback_set(client, [](mosquitto*, void* self, const mosquitto_message* message) {
        if (of(self).events_.received)
            of(self).events_.received(message->topic, std::string(static_cast<const char*>(message->payload),
                                                                  message->payloadlen > 0 ? static_cast<std::size_t>(message->payloadlen) : 0),
                                      message->retain);
    });
}

void MqttConnection::set_tls()
{
    const auto or_null = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
    const TlsFiles& tls = config_.tls;
    if (mosquitto_tls_set(client_.get(), or_null(tls.ca), tls.ca.empty() ? "/etc/ssl/certs" : nullptr, or_null(tls.certificate),
                          or_null(tls.key), nullptr) != MOSQ_ERR_SUCCESS)
        throw InvalidArgument({ "cannot use these certificates", state_.name(), tls.ca + " " + tls.certificate + " " + tls.key,
                                "files of PEM; a certificate with its key" });
    require(mosquitto_tls_opts_set(client_.get(), 1, "tlsv1.2", nullptr));
}

void MqttConnection::step(std::chrono::milliseconds wait)
{
    thread_local const SigpipeBlocked blocked;
    if (!is_open_ && (finishing_.load() || !state_.is_due() || !open())) {
        std::this_thread::sleep_for(wait / 2);
        return;
    }
    const int code = mosquitto_loop(client_.get(), static_cast<int>(wait.count()), 1);
    const bool is_silent = !state_.is_there() && Clock::now() >= answer_until_;
    if (code != MOSQ_ERR_SUCCESS || is_silent)
        close(is_silent ? "no answer" : !refusal_.empty() ? refusal_ : reason(code));
}

bool MqttConnection::open()
{
    refusal_.clear();
    answer_until_ = Clock::now() + kAnswer;
    const int code = mosquitto_connect_async(client_.get(), config_.host.c_str(), config_.port, kKeepAliveS);
    is_open_ = code == MOSQ_ERR_SUCCESS;
    if (!is_open_)
        close(reason(code));
    return is_open_;
}

void MqttConnection::close(const std::string& why)
{
    is_open_ = false;
    if (!finishing_.load())
        state_.failed(why);
    events_.changed(false);
}

void MqttConnection::on_connect(int code)
{
    if (code != 0) {
        refusal_ = std::string("the broker refuses the connection: ") +
                   (config_.protocol == 5 ? mosquitto_reason_string(code) : mosquitto_connack_string(code));
        return;
    }
    events_.connected();
    events_.changed(true);
    state_.succeeded();
}

bool MqttConnection::publish(const std::string& topic, std::string_view text, int qos, bool retain, int* message)
{
    return mosquitto_publish(client_.get(), message, topic.c_str(), static_cast<int>(text.size()), text.data(), qos, retain) == MOSQ_ERR_SUCCESS;
}

void MqttConnection::subscribe(const std::string& topic, int qos)
{
    mosquitto_subscribe(client_.get(), nullptr, topic.c_str(), qos);
}

void MqttConnection::disconnect()
{
    finishing_.store(true);
    mosquitto_disconnect(client_.get());
}

} // namespace prunedamr::receiver
