// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/rx/stdin_reader.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace prunedamr::rx {
namespace {

constexpr const char* kName = "standard input";
constexpr std::size_t kBufferBytes = 64 << 10;
constexpr int kWaitMs = 100;

bool wait_for_input()
{
    pollfd input{ STDIN_FILENO, POLLIN, 0 };
    return poll(&input, 1, kWaitMs) > 0;
}

} // namespace

StdinReader::StdinReader(data::SampleFormat format)
    : format_(format), bytes_per_sample_(static_cast<std::size_t>(data::bytes_per_sample(format))),
      buffer_(kBufferBytes)
{
}

std::optional<std::size_t> StdinReader::read(std::complex<float>* samples, std::size_t count)
{
    if (!wait_for_input())
        return 0;
    const auto wanted = std::min(count * bytes_per_sample_, buffer_.size());
    const auto got = ::read(STDIN_FILENO, buffer_.data() + pending_, wanted - pending_);
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        throw Error{ { "cannot read", kName, std::strerror(errno), "" } };
    if (got < 0)
        return 0;
    if (got == 0 && pending_ > 0)
        throw Error{ { "truncated recording: the last sample is not whole", kName,
                       std::to_string(pending_) + " bytes left", std::to_string(bytes_per_sample_) } };
    if (got == 0)
        return std::nullopt;
    const auto available = pending_ + static_cast<std::size_t>(got);
    const auto whole = available / bytes_per_sample_;
    data::convert(format_, buffer_.data(), whole, samples);
    pending_ = available - whole * bytes_per_sample_;
    std::memmove(buffer_.data(), buffer_.data() + whole * bytes_per_sample_, pending_);
    return whole;
}

} // namespace prunedamr::rx
