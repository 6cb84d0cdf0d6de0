// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/source.h"

#include <SoapySDR/Device.hpp>

#include <memory>
#include <string>

namespace prunedamr::receiver {

inline constexpr std::size_t kSoapyChannel = 0;

struct UnmakeSoapyDevice {
    void operator()(SoapySDR::Device* device) const noexcept;
};
using SoapyDevice = std::unique_ptr<SoapySDR::Device, UnmakeSoapyDevice>;

/// Throws `Error` naming the arguments and the devices that there are.
SoapyDevice open_soapy(const std::string& arguments);

/// Sets what is configured, and writes to `info` the rate and the frequency that the device has then, with a
/// warning for each setting that it took otherwise. Throws `Error` naming `info.name`, what it refuses and what it
/// has.
void configure(SoapySDR::Device& device, const SoapyConfig& config, SourceInfo& info);

/// The same for a gain, at any time. Throws `Error` for an element that there is not, and what the driver throws.
void set_gain_soapy(SoapySDR::Device& device, const GainSetting& gain, const SourceInfo& info);

/// The same for the tuned frequency alone.
void tune_soapy(SoapySDR::Device& device, double center_freq_hz, SourceInfo& info);

} // namespace prunedamr::receiver
