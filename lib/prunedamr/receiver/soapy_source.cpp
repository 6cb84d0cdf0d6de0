// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/time.h"
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/receiver/soapy_device.h"
#include "prunedamr/stream/clock.h"

#include <SoapySDR/Errors.hpp>
#include <SoapySDR/Formats.hpp>

namespace prunedamr::receiver {
namespace {

/// Device times before the year 2000 count from power-on, as most unsynchronized radios do.
constexpr std::int64_t kEarliestUtcNs = 946684800LL * 1'000'000'000;

class SoapySource : public Source
{
public:
    explicit SoapySource(const SoapyConfig& config)
        : name_("soapy:" + config.device), device_(open_soapy(config.device))
    {
        info_.name = name_;
        info_.live = true;
        configure(*device_, config, info_);
        try {
            stream_ = device_->setupStream(SOAPY_SDR_RX, SOAPY_SDR_CF32, { kSoapyChannel });
            if (const int code = device_->activateStream(stream_))
                throw std::runtime_error(SoapySDR::errToStr(code));
        } catch (const std::exception& fault) {
            close();
            throw Error{ { "cannot start this radio", name_, fault.what(), "" } };
        }
    }

    ~SoapySource() override { close(); }

    const SourceInfo& info() const override { return info_; }

    Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) override
    {
        void* const buffers[] = { samples };
        int flags = 0;
        long long time_ns = 0;
        const int code = read_stream(buffers, count, flags, time_ns, wait);
        Reading reading;
        if (code > 0) {
            reading.count = static_cast<std::size_t>(code);
            if (flags & SOAPY_SDR_HAS_TIME)
                reading.time = utc(time_ns);
        } else if (code == SOAPY_SDR_OVERFLOW || code == SOAPY_SDR_CORRUPTION) {
            reading.overflows = 1;
        } else if (code != 0 && code != SOAPY_SDR_TIMEOUT) {
            throw Error{ { "the radio failed", name_, SoapySDR::errToStr(code), "" } };
        }
        return reading;
    }

    void tune(double center_freq_hz) override { tune_soapy(*device_, center_freq_hz, info_); }

    void set_gain(const GainSetting& gain) override
    {
        try {
            set_gain_soapy(*device_, gain, info_);
        } catch (const Error&) {
            throw;
        } catch (const std::exception& fault) {
            throw Error{ { "refuses this gain", name_, fault.what(), "" } };
        }
    }

private:
    /// A driver whose device is unplugged may return a code, or throw.
    int read_stream(void* const* buffers, std::size_t count, int& flags, long long& time_ns,
                    std::chrono::milliseconds wait)
    {
        try {
            return device_->readStream(stream_, buffers, count, flags, time_ns,
                                       static_cast<long>(std::chrono::microseconds(wait).count()));
        } catch (const std::exception& fault) {
            throw Error{ { "the radio failed", name_, fault.what(), "" } };
        }
    }

    SourceTime utc(std::int64_t device_ns)
    {
        if (device_ns >= kEarliestUtcNs)
            return { device_ns, stream::TimeSource::hw };
        if (!power_on_ns_)
            power_on_ns_ = prunedamr::system_time_ns() - device_ns;
        return { *power_on_ns_ + device_ns, stream::TimeSource::system };
    }

    /// Whatever a driver throws when its device is gone: there is nothing left to be done about it.
    void close() noexcept
    {
        try {
            if (stream_) {
                device_->deactivateStream(stream_);
                device_->closeStream(stream_);
            }
        } catch (...) {
        }
        stream_ = nullptr;
    }

    const std::string name_;
    const SoapyDevice device_;
    SourceInfo info_;
    SoapySDR::Stream* stream_ = nullptr;
    std::optional<std::int64_t> power_on_ns_; ///< system time at the device's time 0, if it counts from power-on
};

} // namespace

std::unique_ptr<Source> make_soapy_source(const SoapyConfig& config)
{
    return std::make_unique<SoapySource>(config);
}

} // namespace prunedamr::receiver
