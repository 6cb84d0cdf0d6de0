// SPDX-License-Identifier: GPL-3.0-or-later
// The SoapySDR driver "fake". Linked into a test, the test says what its radio brings; as a module of its own,
// which programs load through SOAPY_SDR_PLUGIN_PATH, the device argument `script` does.
#include "tests/receiver/fake_soapy/fake_radio.h"

#include <SoapySDR/Device.hpp>
#include <SoapySDR/Registry.hpp>

#include <stdexcept>

namespace prunedamr::test {
namespace {

using SoapySDR::Range;
using SoapySDR::RangeList;

void require(bool condition, const char* problem)
{
    if (!condition)
        throw std::runtime_error(problem);
}

class FakeDevice : public SoapySDR::Device
{
public:
    explicit FakeDevice(std::string script) : script_(std::move(script)) {}

    std::string getDriverKey() const override { return "fake"; }
    std::size_t getNumChannels(int direction) const override { return direction == SOAPY_SDR_RX ? 1 : 0; }

    std::vector<std::string> listAntennas(int, std::size_t) const override { return { "RX", "AUX" }; }
    void setAntenna(int, std::size_t, const std::string& name) override { air_.choose(name); }

    bool hasFrequencyCorrection(int, std::size_t) const override { return true; }
    void setFrequencyCorrection(int, std::size_t, double ppm) override { air_.change("ppm", ppm); }

    std::vector<std::string> listGains(int, std::size_t) const override { return { "LNA", "VGA" }; }
    bool hasGainMode(int, std::size_t) const override { return true; }
    void setGainMode(int, std::size_t, bool automatic) override { air_.change("automatic", automatic); }
    void setGain(int, std::size_t, double gain_db) override { air_.change("gain", gain_db); }
    void setGain(int, std::size_t, const std::string& element, double gain_db) override
    {
        air_.change_gain(element, gain_db);
    }
    Range getGainRange(int, std::size_t) const override { return Range(0, 40); }
    Range getGainRange(int, std::size_t, const std::string& element) const override
    {
        return element == "LNA" ? Range(0, 24) : Range(0, 16);
    }

    void setFrequency(int, std::size_t, double frequency_hz, const SoapySDR::Kwargs&) override
    {
        require(frequency_hz >= 1e6 && frequency_hz <= 6e9, "PLL not locked");
        air_.change("frequency", frequency_hz);
    }
    double getFrequency(int, std::size_t) const override { return air_.settings().frequency_hz; }
    RangeList getFrequencyRange(int, std::size_t) const override { return { Range(1e6, 6e9) }; }

    /// Has no rates between 3 and 3.2 MS/s, and does not say so.
    void setSampleRate(int, std::size_t, double rate_hz) override
    {
        require(rate_hz <= 20e6, "rate too high");
        air_.change("rate", rate_hz > 3e6 && rate_hz < 3.2e6 ? 3e6 : rate_hz);
    }
    double getSampleRate(int, std::size_t) const override { return air_.settings().rate_hz; }
    RangeList getSampleRateRange(int, std::size_t) const override
    {
        return { Range(1e3, 3e6), Range(3.2e6, 20e6) };
    }

    void setBandwidth(int, std::size_t, double bandwidth_hz) override
    {
        require(bandwidth_hz >= 200e3, "filter too narrow");
        air_.change("bandwidth", bandwidth_hz);
    }
    double getBandwidth(int, std::size_t) const override { return air_.settings().bandwidth_hz; }
    RangeList getBandwidthRange(int, std::size_t) const override { return { Range(200e3, 8e6) }; }

    SoapySDR::Stream* setupStream(int, const std::string& format, const std::vector<std::size_t>&,
                                  const SoapySDR::Kwargs&) override
    {
        require(format == "CF32", "no such format");
        return reinterpret_cast<SoapySDR::Stream*>(this);
    }
    void closeStream(SoapySDR::Stream*) override {}
    int activateStream(SoapySDR::Stream*, int, long long, std::size_t) override
    {
        air_.set_streaming(true);
        if (!script_.empty())
            air_.set_plugged(true); // as anew
        play(air_, script_, air_.settings().rate_hz);
        return 0;
    }
    int deactivateStream(SoapySDR::Stream*, int, long long) override
    {
        air_.set_streaming(false);
        return 0;
    }
    int readStream(SoapySDR::Stream*, void* const* buffers, std::size_t count, int& flags, long long& time_ns,
                   long timeout_us) override
    {
        return air_.read(static_cast<std::complex<float>*>(buffers[0]), count, flags, time_ns, timeout_us);
    }

private:
    FakeAir& air_ = fake_air();
    const std::string script_;
};

SoapySDR::KwargsList find_fake(const SoapySDR::Kwargs& wanted)
{
    const auto driver = wanted.find("driver");
    if (driver != wanted.end() && driver->second != "fake")
        return {};
    SoapySDR::Kwargs found{ { "driver", "fake" }, { "serial", "1" } };
    found.insert(wanted.begin(), wanted.end());
    return { found };
}

SoapySDR::Device* make_fake(const SoapySDR::Kwargs& arguments)
{
    require(fake_air().is_plugged(), "no device is plugged in");
    const auto script = arguments.find("script");
    return new FakeDevice(script == arguments.end() ? "" : script->second);
}

const SoapySDR::Registry registered("fake", find_fake, make_fake, SOAPY_SDR_ABI_VERSION);

} // namespace
} // namespace prunedamr::test
