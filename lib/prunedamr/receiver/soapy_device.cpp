// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/soapy_device.h"

#include "prunedamr/base/error.h"

#include <SoapySDR/Logger.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace prunedamr::receiver {
namespace {

constexpr auto kRx = SOAPY_SDR_RX;
constexpr double kSameSetting = 1e-3; ///< relative

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
}

std::string concat(const std::vector<std::string>& names)
{
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none" : text;
}

std::string concat(const SoapySDR::RangeList& ranges)
{
    std::vector<std::string> texts;
    for (const auto& range : ranges)
        texts.push_back(range.minimum() == range.maximum()
                            ? number(range.minimum())
                            : number(range.minimum()) + ".." + number(range.maximum()));
    return concat(texts);
}

/// What there is, for an error: the driver and one argument that tells devices apart.
std::string devices()
{
    std::vector<std::string> names;
    for (const SoapySDR::Kwargs& found : SoapySDR::Device::enumerate()) {
        const auto driver = found.find("driver");
        const auto serial = found.find("serial");
        if (driver != found.end())
            names.push_back("driver=" + driver->second +
                            (serial == found.end() ? "" : ",serial=" + serial->second));
    }
    return concat(names);
}

void require_name(const SourceInfo& info, const char* problem, const std::string& name,
                  const std::vector<std::string>& known)
{
    if (std::find(known.begin(), known.end(), name) == known.end())
        throw Error{ { problem, info.name, name, "one of " + concat(known) } };
}

/// Drivers refuse by throwing. `what_there_is` is asked only then.
template <typename Action, typename Ranges>
void apply(const SourceInfo& info, const std::string& setting, double value, const Action& action,
           const Ranges& what_there_is)
{
    try {
        action();
    } catch (const std::exception& fault) {
        std::string expected;
        try {
            expected = concat(what_there_is());
        } catch (const std::exception&) {
            expected = "what the device can do";
        }
        throw Error{ { "refuses this " + setting + " (" + fault.what() + ")", info.name, number(value),
                       expected } };
    }
}

void warn_if_other(SourceInfo& info, const std::string& setting, double wanted, double got, const char* unit)
{
    if (std::abs(got - wanted) > kSameSetting * std::max(1.0, std::abs(wanted)))
        info.warnings.push_back(info.name + ": the " + setting + " is " + number(got) + " " + unit + ", not " +
                                number(wanted));
}

void set_rate(SoapySDR::Device& device, double rate_hz, SourceInfo& info)
{
    apply(
        info, "sample rate", rate_hz, [&] { device.setSampleRate(kRx, kSoapyChannel, rate_hz); },
        [&] { return device.getSampleRateRange(kRx, kSoapyChannel); });
    info.sample_rate_hz = device.getSampleRate(kRx, kSoapyChannel);
    warn_if_other(info, "sample rate", rate_hz, info.sample_rate_hz, "Hz");
}

void set_antenna(SoapySDR::Device& device, const std::string& antenna, const SourceInfo& info)
{
    require_name(info, "has no such antenna", antenna, device.listAntennas(kRx, kSoapyChannel));
    device.setAntenna(kRx, kSoapyChannel, antenna);
}

/// Some drivers have the correction as a part of the frequency.
void set_ppm(SoapySDR::Device& device, double ppm, const SourceInfo& info)
{
    const auto parts = device.listFrequencies(kRx, kSoapyChannel);
    const bool is_part = std::find(parts.begin(), parts.end(), "CORR") != parts.end();
    if (!is_part && !device.hasFrequencyCorrection(kRx, kSoapyChannel))
        throw Error{ { "has no frequency correction", info.name, number(ppm) + " ppm", "" } };
    if (device.hasFrequencyCorrection(kRx, kSoapyChannel))
        device.setFrequencyCorrection(kRx, kSoapyChannel, ppm);
    else
        device.setFrequency(kRx, kSoapyChannel, "CORR", ppm);
}

void set_bandwidth(SoapySDR::Device& device, double bandwidth_hz, SourceInfo& info)
{
    apply(
        info, "bandwidth", bandwidth_hz, [&] { device.setBandwidth(kRx, kSoapyChannel, bandwidth_hz); },
        [&] { return device.getBandwidthRange(kRx, kSoapyChannel); });
    warn_if_other(info, "bandwidth", bandwidth_hz, device.getBandwidth(kRx, kSoapyChannel), "Hz");
}

/// Drivers take the nearest gain that the device has, and do not say so.
void warn_if_clamped(SourceInfo& info, const std::string& setting, double wanted_db, const SoapySDR::Range& range)
{
    if (range.minimum() < range.maximum())
        warn_if_other(info, setting, wanted_db, std::clamp(wanted_db, range.minimum(), range.maximum()), "dB");
}

void set_gains(SoapySDR::Device& device, const SoapyConfig& config, SourceInfo& info)
{
    const bool automatic = !config.gain_db && config.element_gains.empty();
    if (device.hasGainMode(kRx, kSoapyChannel))
        device.setGainMode(kRx, kSoapyChannel, automatic);
    if (config.gain_db) {
        device.setGain(kRx, kSoapyChannel, *config.gain_db);
        warn_if_clamped(info, "gain", *config.gain_db, device.getGainRange(kRx, kSoapyChannel));
    }
    for (const auto& [element, gain_db] : config.element_gains) {
        require_name(info, "has no such gain element", element, device.listGains(kRx, kSoapyChannel));
        device.setGain(kRx, kSoapyChannel, element, gain_db);
        warn_if_clamped(info, "gain " + element, gain_db, device.getGainRange(kRx, kSoapyChannel, element));
    }
}

} // namespace

void UnmakeSoapyDevice::operator()(SoapySDR::Device* device) const noexcept
{
    try {
        SoapySDR::Device::unmake(device);
    } catch (...) { // of a device that is gone
    }
}

SoapyDevice open_soapy(const std::string& arguments)
{
    if (!std::getenv("SOAPY_SDR_LOG_LEVEL"))
        SoapySDR::setLogLevel(SOAPY_SDR_WARNING);
    try {
        return SoapyDevice(SoapySDR::Device::make(arguments));
    } catch (const std::exception& fault) {
        throw Error{ { std::string("cannot open this radio (") + fault.what() + ")", "soapy:" + arguments, "",
                       "one of: " + devices() } };
    }
}

void configure(SoapySDR::Device& device, const SoapyConfig& config, SourceInfo& info)
{
    try {
        if (device.getNumChannels(kRx) == 0)
            throw Error{ { "cannot receive", info.name, "no receiving channel", "" } };
        set_rate(device, config.sample_rate_hz, info);
        if (!config.antenna.empty())
            set_antenna(device, config.antenna, info);
        if (config.ppm)
            set_ppm(device, *config.ppm, info);
        tune_soapy(device, config.center_freq_hz, info);
        if (config.bandwidth_hz)
            set_bandwidth(device, *config.bandwidth_hz, info);
        set_gains(device, config, info);
        info.can_tune = info.can_set_gain = true;
        info.gain_elements = device.listGains(kRx, kSoapyChannel);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& fault) {
        throw Error{ { "cannot use this radio", info.name, fault.what(), "" } };
    }
}

void set_gain_soapy(SoapySDR::Device& device, const GainSetting& gain, const SourceInfo& info)
{
    const auto elements = device.listGains(kRx, kSoapyChannel);
    if (!gain.element.empty())
        require_name(info, "has no such gain element", gain.element, elements);
    if (!gain.gain_db && !device.hasGainMode(kRx, kSoapyChannel))
        throw Error{ { "has no automatic gain", info.name, "", "a gain in dB" } };
    const auto set_automatic = [&] {
        if (device.hasGainMode(kRx, kSoapyChannel))
            device.setGainMode(kRx, kSoapyChannel, !gain.gain_db);
    };
    if (!gain.gain_db)
        return set_automatic();
    const SoapySDR::Range range = gain.element.empty() ? device.getGainRange(kRx, kSoapyChannel)
                                                       : device.getGainRange(kRx, kSoapyChannel, gain.element);
    if (range.minimum() < range.maximum() && (*gain.gain_db < range.minimum() || *gain.gain_db > range.maximum()))
        throw Error{ { "cannot have this gain", info.name, number(*gain.gain_db) + " dB",
                       number(range.minimum()) + ".." + number(range.maximum()) + " dB" } };
    set_automatic();
    if (gain.element.empty())
        device.setGain(kRx, kSoapyChannel, *gain.gain_db);
    else
        device.setGain(kRx, kSoapyChannel, gain.element, *gain.gain_db);
}

void tune_soapy(SoapySDR::Device& device, double center_freq_hz, SourceInfo& info)
{
    apply(
        info, "frequency", center_freq_hz, [&] { device.setFrequency(kRx, kSoapyChannel, center_freq_hz); },
        [&] { return device.getFrequencyRange(kRx, kSoapyChannel); });
    info.center_freq_hz = device.getFrequency(kRx, kSoapyChannel);
}

} // namespace prunedamr::receiver
