// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/rx/zmq_reader.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace prunedamr::rx {
namespace {

constexpr int kWaitMs = 100;
constexpr std::size_t kSampleBytes = sizeof(std::complex<float>);

} // namespace

ZmqReader::ZmqReader(const std::string& endpoint) : endpoint_(endpoint), socket_(context_, zmq::socket_type::sub)
{
    socket_.set(zmq::sockopt::rcvtimeo, kWaitMs);
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::subscribe, "");
    try {
        socket_.connect(endpoint);
    } catch (const zmq::error_t& e) {
        throw Error{ { "cannot subscribe", endpoint, e.what(), "a ZeroMQ endpoint like tcp://127.0.0.1:5556" } };
    }
}

std::size_t ZmqReader::read(std::complex<float>* samples, std::size_t count)
{
    if (used_ == message_.size()) {
        used_ = 0;
        message_.rebuild();
        try {
            if (!socket_.recv(message_))
                return 0;
        } catch (const zmq::error_t& e) {
            if (e.num() == EINTR)
                return 0;
            throw Error{ { "cannot receive", endpoint_, e.what(), "" } };
        }
        if (message_.size() % kSampleBytes != 0)
            throw Error{ { "message is no whole number of samples", endpoint_,
                           std::to_string(message_.size()) + " bytes", "a multiple of 8 (complex float32)" } };
    }
    const std::size_t bytes = std::min(count * kSampleBytes, message_.size() - used_);
    std::memcpy(samples, static_cast<const std::byte*>(message_.data()) + used_, bytes);
    used_ += bytes;
    return bytes / kSampleBytes;
}

} // namespace prunedamr::rx
