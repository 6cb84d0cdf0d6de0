// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/receiver/fake_soapy/fake_radio.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <sstream>
#include <stdexcept>

namespace prunedamr::test {

FakeAir& fake_air()
{
    static FakeAir air;
    return air;
}

void FakeAir::add(Item item)
{
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    waiting_ = false;
    arrived_.notify_all();
}

void FakeAir::give(std::vector<std::complex<float>> samples, std::optional<long long> time_ns)
{
    Item item;
    item.samples = std::move(samples);
    item.time_ns = time_ns;
    add(std::move(item));
}

void FakeAir::report(int code)
{
    Item item;
    item.code = code;
    add(std::move(item));
}

void FakeAir::unplug(const std::string& reason)
{
    Item item;
    item.unplugged = reason;
    add(std::move(item));
}

void FakeAir::stick()
{
    Item item;
    item.sticks = true;
    add(std::move(item));
}

void FakeAir::wait_until_read()
{
    std::unique_lock lock(mutex_);
    emptied_.wait(lock, [this] { return items_.empty() && waiting_; });
}

FakeSettings FakeAir::settings() const
{
    const std::lock_guard lock(mutex_);
    return settings_;
}

void FakeAir::change(const std::string& what, double value)
{
    const std::lock_guard lock(mutex_);
    if (what == "rate")
        settings_.rate_hz = value;
    else if (what == "frequency")
        settings_.frequency_hz = value;
    else if (what == "bandwidth")
        settings_.bandwidth_hz = value;
    else if (what == "ppm")
        settings_.ppm = value;
    else if (what == "gain")
        settings_.gain_db = value;
    else
        settings_.automatic_gain = value != 0.0;
}

void FakeAir::change_gain(const std::string& element, double gain_db)
{
    const std::lock_guard lock(mutex_);
    settings_.element_gains_db[element] = gain_db;
}

void FakeAir::choose(const std::string& antenna)
{
    const std::lock_guard lock(mutex_);
    settings_.antenna = antenna;
}

void FakeAir::set_streaming(bool streaming)
{
    const std::lock_guard lock(mutex_);
    settings_.streaming = streaming;
}

void FakeAir::set_plugged(bool plugged)
{
    const std::lock_guard lock(mutex_);
    plugged_ = plugged;
    if (plugged)
        items_.clear();
}

bool FakeAir::is_plugged() const
{
    const std::lock_guard lock(mutex_);
    return plugged_;
}

void FakeAir::reset()
{
    set_plugged(true);
    const std::lock_guard lock(mutex_);
    items_.clear();
    settings_ = {};
    waiting_ = false;
}

int FakeAir::read(std::complex<float>* samples, std::size_t count, int& flags, long long& time_ns, long timeout_us)
{
    std::unique_lock lock(mutex_);
    flags = 0;
    if (items_.empty()) {
        waiting_ = true;
        emptied_.notify_all();
        arrived_.wait_for(lock, std::chrono::microseconds(timeout_us), [this] { return !items_.empty(); });
    }
    if (items_.empty())
        return SOAPY_SDR_TIMEOUT;
    Item& item = items_.front();
    if (item.sticks)
        arrived_.wait(lock, [] { return false; });
    if (!item.unplugged.empty())
        throw std::runtime_error(item.unplugged);
    if (item.code == 0)
        return read_samples(item, samples, count, flags, time_ns);
    const int code = item.code;
    if (code != SOAPY_SDR_STREAM_ERROR) // that one stays
        items_.pop_front();
    return code;
}

int FakeAir::read_samples(Item& item, std::complex<float>* samples, std::size_t count, int& flags,
                          long long& time_ns)
{
    const std::size_t taken = std::min(count, item.samples.size() - item.read);
    std::copy_n(item.samples.data() + item.read, taken, samples);
    if (item.time_ns) {
        flags = SOAPY_SDR_HAS_TIME;
        time_ns = *item.time_ns + std::llround(1e9 * static_cast<double>(item.read) / settings_.rate_hz);
    }
    item.read += taken;
    if (item.read == item.samples.size())
        items_.pop_front();
    return static_cast<int>(taken);
}

void play(FakeAir& air, const std::string& script, double rate_hz)
{
    constexpr long long kStartNs = 1'700'000'000'000'000'000;
    constexpr int kMissing = 1000;
    std::mt19937 rng(1);
    std::normal_distribution<float> noise(0.0f, 0.05f);
    std::uint64_t position = 0;
    bool timed = false;
    std::istringstream words(script);
    for (std::string word; std::getline(words, word, ';');) {
        if (word == "time") {
            timed = true;
        } else if (word == "overflow") {
            air.report(SOAPY_SDR_OVERFLOW);
            position += kMissing;
        } else if (word == "timeout") {
            air.report(SOAPY_SDR_TIMEOUT);
        } else if (word == "failure") {
            air.report(SOAPY_SDR_STREAM_ERROR);
        } else if (word == "unplug") {
            air.unplug("the device is gone");
        } else if (word == "stick") {
            air.stick();
        } else {
            std::vector<std::complex<float>> samples(std::stoul(word));
            for (auto& x : samples)
                x = { noise(rng), noise(rng) };
            const double start_s = static_cast<double>(position) / rate_hz;
            air.give(samples,
                     timed ? std::optional<long long>(kStartNs + std::llround(start_s * 1e9)) : std::nullopt);
            position += samples.size();
        }
    }
}

} // namespace prunedamr::test
