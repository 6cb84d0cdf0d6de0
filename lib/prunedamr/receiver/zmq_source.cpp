// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/receiver/socket.h"
#include "prunedamr/receiver/tag_header.h"

#include <zmq.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>

namespace prunedamr::receiver {
namespace {

constexpr std::int64_t kMaxMessageBytes = 64 << 20;
constexpr double kQueuedS = 1.0;                  ///< of messages that wait to be read
constexpr double kSmallMessage = 64.0;            ///< samples; of smaller ones less time can wait
constexpr int kMinQueue = 2, kMaxQueue = 100'000; ///< messages
constexpr double kSameRate = 1e-3;                ///< relative

bool starts_with(const std::string& text, const char* prefix)
{
    return text.rfind(prefix, 0) == 0;
}

void check(const ZmqSourceConfig& config)
{
    if (starts_with(config.endpoint, "tcp://"))
        parse_host_port(config.endpoint.substr(6), "a ZeroMQ endpoint like tcp://127.0.0.1:5556,");
    else if (!starts_with(config.endpoint, "ipc://"))
        throw InvalidArgument{ { "bad ZeroMQ endpoint", "", config.endpoint, "tcp://HOST:PORT or ipc://PATH" } };
    if (config.pull && config.key)
        throw InvalidArgument{ { "messages cannot be chosen by a key", config.endpoint, "a PULL socket", "SUB" } };
}

class ZmqSource : public Source
{
public:
    explicit ZmqSource(const ZmqSourceConfig& config)
        : config_((check(config), config)),
          sample_bytes_(static_cast<std::size_t>(recording::bytes_per_sample(config.stream.format))),
          socket_(context_, config.pull ? zmq::socket_type::pull : zmq::socket_type::sub)
    {
        info_.name = (config.pull ? "zmq-pull:" : "zmq:") + std::string(config.bind ? "@" : "") + config.endpoint;
        info_.sample_rate_hz = config.stream.sample_rate_hz;
        info_.center_freq_hz = config.stream.center_freq_hz;
        info_.live = true;
        socket_.set(zmq::sockopt::linger, 0);
        socket_.set(zmq::sockopt::maxmsgsize, kMaxMessageBytes);
        queue_ = queue_for(kSmallMessage, info_.sample_rate_hz);
        socket_.set(zmq::sockopt::rcvhwm, queue_);
        socket_.set(zmq::sockopt::ipv6, config.endpoint.find('[') != std::string::npos);
        if (!config.pull)
            socket_.set(zmq::sockopt::subscribe, config.key.value_or(""));
        try {
            if (config.bind)
                socket_.bind(config.endpoint);
            else
                socket_.connect(config.endpoint);
        } catch (const zmq::error_t& e) {
            throw Error{ { config.bind ? "cannot listen" : "cannot connect", info_.name, e.what(),
                           config.bind ? "" : "a ZeroMQ endpoint like tcp://127.0.0.1:5556" } };
        }
    }

    const SourceInfo& info() const override { return info_; }

    /// Ends before the next item with tags, so that what changes there holds from a first sample on.
    Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) override
    {
        Reading reading;
        if (used_ == items_ && !next_message(wait, reading))
            return reading;
        reading.overflows = std::exchange(lost_, false) ? 1 : 0;
        std::size_t end = items_;
        if (next_tags_ < header_.tag_count && header_.tags[next_tags_].offset <= used_)
            follow(header_.tags[next_tags_++], reading);
        if (next_tags_ < header_.tag_count)
            end = std::min<std::size_t>(end, header_.tags[next_tags_].offset);
        reading.count = std::min(count, end - used_);
        recording::convert(config_.stream.format,
                           static_cast<const std::byte*>(message_.data()) + begin_ + used_ * sample_bytes_,
                           reading.count, samples);
        used_ += reading.count;
        return reading;
    }

private:
    /// The next message that holds samples.
    bool next_message(std::chrono::milliseconds wait, Reading& reading)
    {
        used_ = items_ = begin_ = 0;
        header_.tag_count = next_tags_ = 0;
        if (!receive(wait))
            return false;
        if (!is_wanted_)
            return false;
        if (!read_header(static_cast<const std::byte*>(message_.data())))
            return reject(reading, [] { return "messages with a header of GNU Radio's tags that cannot be read"; });
        if ((message_.size() - begin_) % sample_bytes_ != 0)
            return reject(reading, [this] {
                return "messages that are no whole number of samples: found " + std::to_string(message_.size()) +
                       " bytes, expected a multiple of " + std::to_string(sample_bytes_);
            });
        items_ = (message_.size() - begin_) / sample_bytes_;
        fit_queue();
        return true;
    }

    /// `what` makes the text, once.
    template <typename What> bool reject(Reading& reading, const What& what)
    {
        reading.rejected = 1;
        if (!std::exchange(warned_of_message_, true))
            notice(info_.name + ": ignoring " + what());
        return false;
    }

    /// The last part of a message.
    bool receive(std::chrono::milliseconds wait)
    {
        try {
            if (!socket_.recv(message_, zmq::recv_flags::dontwait)) {
                zmq::pollitem_t item{ socket_.handle(), 0, ZMQ_POLLIN, 0 };
                if (zmq::poll(&item, 1, wait) == 0 || !socket_.recv(message_, zmq::recv_flags::dontwait))
                    return false;
            }
            look_at_key(message_.more());
            while (message_.more())
                if (!socket_.recv(message_, zmq::recv_flags::none))
                    return false;
            return true;
        } catch (const zmq::error_t& e) {
            if (e.num() == EINTR)
                return false;
            throw Error{ { "cannot receive", info_.name, e.what(), "" } };
        }
    }

    /// ZeroMQ compares the beginning of the first part only.
    void look_at_key(bool has_key)
    {
        is_wanted_ = !config_.key || config_.key->empty() || (has_key && message_.to_string_view() == *config_.key);
        if (config_.key || !has_key || warned_of_keys_)
            return;
        if (!first_key_)
            first_key_ = message_.to_string();
        if (message_.to_string_view() == *first_key_)
            return;
        warned_of_keys_ = true;
        notice(info_.name +
               ": messages with different keys are taken for one stream: choose one with --source-key");
    }

    /// Where the samples begin, and what tags say of them. False for a header that cannot be read: unless a stream
    /// has come without headers, in which a sample may look like the start of one.
    bool read_header(const std::byte* bytes)
    {
        if (!has_tag_header(bytes, message_.size())) {
            is_plain_ = is_plain_ || !next_item_;
            return true;
        }
        if (!parse_tag_header(bytes, message_.size(), header_)) {
            header_.tag_count = 0;
            return is_plain_;
        }
        begin_ = header_.bytes;
        const std::uint64_t items = (message_.size() - begin_) / sample_bytes_;
        lost_ = lost_ || (next_item_ && header_.first_item != *next_item_);
        next_item_ = header_.first_item + items;
        return true;
    }

    void follow(const StreamTags& tags, Reading& reading)
    {
        reading.center_freq_hz = tags.center_freq_hz;
        if (tags.time_ns)
            reading.time = SourceTime{ *tags.time_ns, stream::TimeSource::hw };
        const double rate_hz = tags.sample_rate_hz.value_or(info_.sample_rate_hz);
        if (std::abs(rate_hz - info_.sample_rate_hz) > kSameRate * info_.sample_rate_hz &&
            !std::exchange(warned_of_rate_, true))
            notice(info_.name + ": the sender says " + std::to_string(std::llround(rate_hz)) +
                   " samples/s, --rate says " + std::to_string(std::llround(info_.sample_rate_hz)) +
                   ": bandwidths and times will be wrong");
    }

    static int queue_for(double message_samples, double sample_rate_hz)
    {
        const double messages = kQueuedS * sample_rate_hz / std::max(message_samples, 1.0);
        return static_cast<int>(std::clamp(std::ceil(messages), double(kMinQueue), double(kMaxQueue)));
    }

    /// Full, the queue lets the network wait, and then the sender drop. It can become shorter at any time, but
    /// longer never: ZeroMQ's writer would wait for its reader for ever.
    void fit_queue()
    {
        const int wanted = queue_for(static_cast<double>(items_), info_.sample_rate_hz);
        if (2 * wanted > queue_)
            return;
        queue_ = wanted;
        socket_.set(zmq::sockopt::rcvhwm, queue_);
    }

    const ZmqSourceConfig config_;
    const std::size_t sample_bytes_;
    SourceInfo info_;
    zmq::context_t context_;
    zmq::socket_t socket_;
    zmq::message_t message_;
    TagHeader header_;
    int queue_ = 0; ///< messages that may wait
    std::size_t begin_ = 0, items_ = 0,
                used_ = 0; ///< of `message_`: bytes before the samples, these, those given out
    std::size_t next_tags_ = 0;
    std::optional<std::uint64_t> next_item_; ///< that a header should tell
    std::optional<std::string> first_key_;
    bool is_wanted_ = true, is_plain_ = false, lost_ = false;
    bool warned_of_message_ = false, warned_of_keys_ = false, warned_of_rate_ = false;
};

} // namespace

std::unique_ptr<Source> make_zmq_source(const ZmqSourceConfig& config)
{
    return std::make_unique<ZmqSource>(config);
}

} // namespace prunedamr::receiver
