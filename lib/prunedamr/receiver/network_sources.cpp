// SPDX-License-Identifier: GPL-3.0-or-later
// Samples by plain TCP, from rtl_tcp (https://osmocom.org/projects/rtl-sdr) and by UDP.
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/receiver/socket.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace prunedamr::receiver {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kDatagramBytes = 64 << 10; ///< no datagram is larger

SourceInfo live_info(std::string name, double sample_rate_hz, double center_freq_hz)
{
    SourceInfo info;
    info.name = std::move(name);
    info.sample_rate_hz = sample_rate_hz;
    info.center_freq_hz = center_freq_hz;
    info.live = true;
    return info;
}

/// Bytes that have come, of which whole samples are taken.
class ByteBuffer
{
public:
    explicit ByteBuffer(recording::SampleFormat format)
        : format_(format), sample_bytes_(static_cast<std::size_t>(recording::bytes_per_sample(format))),
          bytes_(kDatagramBytes)
    {
    }

    std::byte* room() { return bytes_.data() + end_; }
    std::size_t room_bytes() const { return bytes_.size() - end_; }
    void add(std::size_t bytes) { end_ += bytes; }

    /// Up to `count` whole samples.
    std::size_t take(std::complex<float>* samples, std::size_t count)
    {
        const std::size_t taken = std::min(count, (end_ - begin_) / sample_bytes_);
        recording::convert(format_, bytes_.data() + begin_, taken, samples);
        begin_ += taken * sample_bytes_;
        return taken;
    }

    void clear() { begin_ = end_ = 0; }

    /// What is left, the bytes of a sample that is not yet whole among it, goes to the start.
    void make_room()
    {
        std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
        end_ -= std::exchange(begin_, 0);
    }

    std::size_t sample_bytes() const { return sample_bytes_; }

private:
    const recording::SampleFormat format_;
    const std::size_t sample_bytes_;
    std::vector<std::byte> bytes_;
    std::size_t begin_ = 0, end_ = 0; ///< of the bytes that are there
};

class TcpSource : public Source
{
public:
    TcpSource(const char* kind, const std::string& address, const RawStream& stream)
        : info_(live_info(kind + address, stream.sample_rate_hz, stream.center_freq_hz)),
          socket_(Socket::connect_tcp(address, info_.name)), buffer_(stream.format)
    {
        info_.queues = true;
    }

    const SourceInfo& info() const override { return info_; }

    Reading read(std::complex<float>* samples, std::size_t count, milliseconds wait) override
    {
        Reading reading;
        reading.count = buffer_.take(samples, count);
        if (reading.count > 0)
            return reading;
        buffer_.make_room();
        if (const auto got = socket_.receive(buffer_.room(), buffer_.room_bytes(), wait))
            buffer_.add(*got);
        reading.count = buffer_.take(samples, count);
        return reading;
    }

protected:
    SourceInfo info_;
    Socket socket_;

private:
    ByteBuffer buffer_;
};

class RtlTcpSource : public TcpSource
{
public:
    explicit RtlTcpSource(const RtlTcpConfig& config)
        : TcpSource("rtl_tcp:", config.address,
                    { recording::SampleFormat::cu8, config.sample_rate_hz, config.center_freq_hz })
    {
        std::array<std::byte, 12> greeting; // "RTL0", tuner, number of gains
        socket_.receive_all(greeting.data(), greeting.size());
        if (std::memcmp(greeting.data(), "RTL0", 4) != 0)
            throw Error{ { "is no rtl_tcp server", info_.name, "another greeting", "RTL0" } };
        send(Command::sample_rate, number("sample rate", config.sample_rate_hz, UINT32_MAX));
        const double ppm = std::round(config.ppm);
        if (ppm != config.ppm)
            info_.warnings.push_back(info_.name + ": the frequency correction is " +
                                     std::to_string(static_cast<int>(ppm)) + " ppm: rtl_tcp takes whole numbers");
        if (ppm != 0.0)
            send(Command::ppm, static_cast<std::uint32_t>(static_cast<std::int32_t>(ppm)));
        tune(config.center_freq_hz);
        set_gain({ config.gain_db, {} });
        info_.can_tune = info_.can_set_gain = true;
    }

    void set_gain(const GainSetting& gain) override
    {
        if (!gain.element.empty())
            throw InvalidArgument{ { "has an overall gain only", info_.name, gain.element, "" } };
        send(Command::manual_gain, gain.gain_db ? 1 : 0);
        if (gain.gain_db)
            send(Command::gain, static_cast<std::uint32_t>(std::lround(10.0 * *gain.gain_db)));
    }

    void tune(double center_freq_hz) override
    {
        send(Command::frequency, number("frequency", center_freq_hz, UINT32_MAX));
        info_.center_freq_hz = center_freq_hz;
    }

private:
    enum class Command : std::uint8_t { frequency = 1, sample_rate = 2, manual_gain = 3, gain = 4, ppm = 5 };

    std::uint32_t number(const char* what, double value, double max) const
    {
        if (!(value >= 0.0 && value <= max))
            throw InvalidArgument{ { std::string("cannot have this ") + what, info_.name, std::to_string(value),
                                     "0..4294967295 Hz" } };
        return static_cast<std::uint32_t>(std::llround(value));
    }

    void send(Command command, std::uint32_t value)
    {
        const std::array<std::byte, 5> bytes = { static_cast<std::byte>(command), std::byte(value >> 24),
                                                 std::byte(value >> 16 & 0xff), std::byte(value >> 8 & 0xff),
                                                 std::byte(value & 0xff) };
        socket_.send_all(bytes.data(), bytes.size());
    }
};

class UdpSource : public Source
{
public:
    UdpSource(const std::string& address, const RawStream& stream)
        : info_(live_info("udp:" + address, stream.sample_rate_hz, stream.center_freq_hz)),
          socket_(Socket::bind_udp(address, info_.name)), buffer_(stream.format)
    {
    }

    const SourceInfo& info() const override { return info_; }

    /// Of as many datagrams as are there and find room, up to a loss: that lies before the first of a reading.
    Reading read(std::complex<float>* samples, std::size_t count, milliseconds wait) override
    {
        Reading reading;
        do {
            reading.overflows += std::exchange(lost_, false) ? 1 : 0;
            reading.count += buffer_.take(samples + reading.count, count - reading.count);
            if (reading.count > 0)
                wait = milliseconds(0);
        } while (reading.count < count && reading.rejected < kMaxRejected &&
                 receive(std::exchange(wait, milliseconds(0)), reading) && (!lost_ || reading.count == 0));
        return reading;
    }

private:
    static constexpr std::uint64_t kMaxRejected = 64; ///< in one reading: whoever asked must get on, too

    bool receive(milliseconds wait, Reading& reading)
    {
        buffer_.clear();
        const std::uint32_t dropped = socket_.dropped();
        const auto got = socket_.receive(buffer_.room(), buffer_.room_bytes(), wait);
        if (!got)
            return false;
        lost_ = socket_.dropped() != dropped;
        if (*got > 0 && *got % buffer_.sample_bytes() == 0) {
            buffer_.add(*got);
            return true;
        }
        ++reading.rejected;
        if (!std::exchange(warned_, true))
            notice(info_.name + ": ignoring datagrams that are no whole number of samples: found " +
                   std::to_string(*got) + " bytes, expected a multiple of " +
                   std::to_string(buffer_.sample_bytes()));
        return true;
    }

    SourceInfo info_;
    Socket socket_;
    ByteBuffer buffer_;
    bool lost_ = false; ///< samples before those in the buffer
    bool warned_ = false;
};

} // namespace

std::unique_ptr<Source> make_tcp_source(const std::string& address, const RawStream& stream)
{
    return std::make_unique<TcpSource>("tcp:", address, stream);
}

std::unique_ptr<Source> make_udp_source(const std::string& address, const RawStream& stream)
{
    return std::make_unique<UdpSource>(address, stream);
}

std::unique_ptr<Source> make_rtl_tcp_source(const RtlTcpConfig& config)
{
    return std::make_unique<RtlTcpSource>(config);
}

} // namespace prunedamr::receiver
