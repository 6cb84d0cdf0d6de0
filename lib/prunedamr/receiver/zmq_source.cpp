// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"

#include <zmq.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace prunedamr::receiver {
namespace {

constexpr std::size_t kSampleBytes = sizeof(std::complex<float>);

class ZmqSource : public Source
{
public:
    ZmqSource(const std::string& endpoint, double sample_rate_hz, double center_freq_hz)
        : socket_(context_, zmq::socket_type::sub)
    {
        info_.name = endpoint;
        info_.sample_rate_hz = sample_rate_hz;
        info_.center_freq_hz = center_freq_hz;
        info_.live = true;
        socket_.set(zmq::sockopt::linger, 0);
        socket_.set(zmq::sockopt::subscribe, "");
        try {
            socket_.connect(endpoint);
        } catch (const zmq::error_t& e) {
            throw Error{ { "cannot subscribe", endpoint, e.what(),
                           "a ZeroMQ endpoint like tcp://127.0.0.1:5556" } };
        }
    }

    const SourceInfo& info() const override { return info_; }

    Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) override
    {
        Reading reading;
        if (used_ == message_.size() && !receive(wait))
            return reading;
        const std::size_t bytes = std::min(count * kSampleBytes, message_.size() - used_);
        std::memcpy(samples, static_cast<const std::byte*>(message_.data()) + used_, bytes);
        used_ += bytes;
        reading.count = bytes / kSampleBytes;
        return reading;
    }

private:
    bool receive(std::chrono::milliseconds wait)
    {
        used_ = 0;
        message_.rebuild();
        try {
            socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(wait.count()));
            if (!socket_.recv(message_))
                return false;
        } catch (const zmq::error_t& e) {
            if (e.num() == EINTR)
                return false;
            throw Error{ { "cannot receive", info_.name, e.what(), "" } };
        }
        if (message_.size() % kSampleBytes != 0)
            throw Error{ { "message is no whole number of samples", info_.name,
                           std::to_string(message_.size()) + " bytes", "a multiple of 8 (complex float32)" } };
        return true;
    }

    SourceInfo info_;
    zmq::context_t context_;
    zmq::socket_t socket_;
    zmq::message_t message_;
    std::size_t used_ = 0; ///< bytes of `message_` already given out
};

} // namespace

std::unique_ptr<Source> make_zmq_source(const std::string& endpoint, double sample_rate_hz, double center_freq_hz)
{
    return std::make_unique<ZmqSource>(endpoint, sample_rate_hz, center_freq_hz);
}

} // namespace prunedamr::receiver
