// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace prunedamr::receiver {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

class PipeSource : public Source
{
public:
    explicit PipeSource(const PipeConfig& config)
        : config_(config), bytes_per_sample_(static_cast<std::size_t>(recording::bytes_per_sample(config.format))),
          buffer_(kBufferBytes)
    {
        info_.name = config.descriptor == STDIN_FILENO ? "standard input"
                                                       : "descriptor " + std::to_string(config.descriptor);
        info_.sample_rate_hz = config.sample_rate_hz;
        info_.center_freq_hz = config.center_freq_hz;
        info_.live = config.live;
    }

    const SourceInfo& info() const override { return info_; }

    Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) override
    {
        Reading reading;
        pollfd input{ config_.descriptor, POLLIN, 0 };
        if (poll(&input, 1, static_cast<int>(wait.count())) <= 0)
            return reading;
        const auto wanted = std::min(count * bytes_per_sample_, buffer_.size());
        const auto got = ::read(config_.descriptor, buffer_.data() + pending_, wanted - pending_);
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            throw Error{ { "cannot read", info_.name, std::strerror(errno), "" } };
        if (got == 0 && pending_ > 0)
            throw Error{ { "truncated recording: the last sample is not whole", info_.name,
                           std::to_string(pending_) + " bytes left", std::to_string(bytes_per_sample_) } };
        reading.ended = got == 0;
        if (got > 0)
            reading.count = convert(static_cast<std::size_t>(got), samples);
        return reading;
    }

private:
    /// What is whole; the bytes of a sample that is not stay at the buffer's start.
    std::size_t convert(std::size_t new_bytes, std::complex<float>* samples)
    {
        const std::size_t available = pending_ + new_bytes;
        const std::size_t whole = available / bytes_per_sample_;
        recording::convert(config_.format, buffer_.data(), whole, samples);
        pending_ = available - whole * bytes_per_sample_;
        std::memmove(buffer_.data(), buffer_.data() + whole * bytes_per_sample_, pending_);
        return whole;
    }

    const PipeConfig config_;
    const std::size_t bytes_per_sample_;
    SourceInfo info_;
    std::vector<std::byte> buffer_;
    std::size_t pending_ = 0; ///< bytes of a sample that is not yet whole
};

} // namespace

std::unique_ptr<Source> make_pipe_source(const PipeConfig& config)
{
    return std::make_unique<PipeSource>(config);
}

} // namespace prunedamr::receiver
