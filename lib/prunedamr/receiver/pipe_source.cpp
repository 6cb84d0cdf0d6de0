// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace prunedamr::receiver {
namespace {

constexpr std::size_t kPipeBytes = 64 << 10;
constexpr std::chrono::milliseconds kPipePatience{ 1000 };
constexpr std::size_t kHeadBytes = 64; ///< that tell containers from samples

class PipeSource : public Source
{
public:
    explicit PipeSource(const PipeConfig& config, const std::string& path = "")
        : config_(config), bytes_per_sample_(static_cast<std::size_t>(recording::bytes_per_sample(config.format))),
          is_real_(recording::is_real(config.format)), scratch_(is_real_ ? kPipeBytes / bytes_per_sample_ : 0),
          buffer_(kPipeBytes)
    {
        info_.name = !path.empty()                       ? path
                     : config.descriptor == STDIN_FILENO ? "standard input"
                                                         : "descriptor " + std::to_string(config.descriptor);
        info_.sample_rate_hz = config.sample_rate_hz / (is_real_ ? 2.0 : 1.0);
        info_.center_freq_hz = config.center_freq_hz + (is_real_ ? config.sample_rate_hz / 4.0 : 0.0);
        info_.live = config.live;
        owned_ = !path.empty();
    }

    ~PipeSource() override
    {
        if (owned_)
            close(config_.descriptor);
    }

    const SourceInfo& info() const override { return info_; }

    Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) override
    {
        Reading reading;
        pollfd input{ config_.descriptor, POLLIN, 0 };
        if (poll(&input, 1, static_cast<int>(wait.count())) <= 0) {
            note_silence(wait);
            return reading;
        }
        const std::size_t items = is_real_ ? 2 * count : count;
        const auto wanted = std::min(items * bytes_per_sample_, buffer_.size());
        const auto got = ::read(config_.descriptor, buffer_.data() + pending_, wanted - pending_);
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            throw Error{ { "cannot read", info_.name, std::strerror(errno), "" } };
        if (got == 0 && pending_ > 0)
            notice("warning: " + info_.name + ": the last sample is cut: found " +
                   std::to_string(std::exchange(pending_, 0)) + " of " + std::to_string(bytes_per_sample_) +
                   " bytes");
        reading.ended = got == 0;
        if (got > 0 && !std::exchange(has_begun_, true))
            refuse_containers(static_cast<std::size_t>(got));
        if (got > 0)
            reading.count = convert(static_cast<std::size_t>(got), samples);
        return reading;
    }

private:
    /// That nothing has come yet is said once; that a live one is silent, its supervisor says.
    void note_silence(std::chrono::milliseconds wait)
    {
        if (has_begun_ || config_.live || waited_ >= kPipePatience)
            return;
        waited_ += wait;
        if (waited_ >= kPipePatience)
            notice(info_.name + ": waiting for samples, nobody has written any yet");
    }

    /// The first bytes tell; the pipe's writer gives a header at once.
    void refuse_containers(std::size_t available) const
    {
        const std::string head(reinterpret_cast<const char*>(buffer_.data()), std::min(available, kHeadBytes));
        if (const char* container = recording::container_of(head))
            throw Error{ { "no raw samples", info_.name, container,
                           "raw samples; other forms are read from files" } };
    }

    /// What is whole; the bytes of a sample that is not stay at the buffer's start.
    std::size_t convert(std::size_t new_bytes, std::complex<float>* samples)
    {
        const std::size_t available = pending_ + new_bytes;
        const std::size_t whole = available / bytes_per_sample_;
        std::complex<float>* converted = is_real_ ? scratch_.data() : samples;
        recording::convert(config_.format, buffer_.data(), whole, converted);
        pending_ = available - whole * bytes_per_sample_;
        std::memmove(buffer_.data(), buffer_.data() + whole * bytes_per_sample_, pending_);
        return is_real_ ? analytic_.process(converted, whole, samples) : whole;
    }

    const PipeConfig config_;
    const std::size_t bytes_per_sample_; ///< of a real-valued one, or of both I and Q
    const bool is_real_;
    recording::RealToComplex analytic_;
    std::vector<std::complex<float>> scratch_; ///< real-valued samples
    bool has_begun_ = false, owned_ = false;
    SourceInfo info_;
    std::vector<std::byte> buffer_;
    std::size_t pending_ = 0;               ///< bytes of a sample that is not yet whole
    std::chrono::milliseconds waited_{ 0 }; ///< for the first byte
};

} // namespace

std::unique_ptr<Source> make_pipe_source(const PipeConfig& config)
{
    return std::make_unique<PipeSource>(config);
}

std::unique_ptr<Source> make_pipe_source(const std::string& path, PipeConfig config)
{
    // Of a FIFO without a writer, open would wait: where no signal ends it, and unsaid. `read` waits instead.
    config.descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (config.descriptor < 0)
        throw SystemError("cannot open", path, errno, "a readable pipe");
    fcntl(config.descriptor, F_SETFL, fcntl(config.descriptor, F_GETFL) & ~O_NONBLOCK);
    return std::make_unique<PipeSource>(config, path);
}

} // namespace prunedamr::receiver
