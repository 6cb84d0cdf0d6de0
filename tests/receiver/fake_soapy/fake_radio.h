// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::test {

/// What the fake radio was told to be.
struct FakeSettings {
    double rate_hz = 0.0, frequency_hz = 0.0, bandwidth_hz = 0.0, ppm = 0.0;
    std::optional<double> gain_db;
    std::map<std::string, double> element_gains_db;
    std::optional<bool> automatic_gain;
    std::string antenna = "RX";
    bool streaming = false;
};

/// What arrives at the fake radio of this process, one thing after the other: tests say by hand what its reads
/// bring. A read with nothing to bring waits for its timeout. Safe for one thread that gives and another that
/// reads.
class FakeAir
{
public:
    /// Samples of any number; `time_ns`: the device's, of the first of them.
    void give(std::vector<std::complex<float>> samples, std::optional<long long> time_ns = {});
    void report(int code);                  ///< a negative code of SoapySDR: overflow, timeout, failure
    void unplug(const std::string& reason); ///< from here on every read throws
    void stick();                           ///< from here on no read comes back
    void
    set_plugged(bool plugged); ///< whether it can be opened; plugged in, it has forgotten all that it had to bring
    bool is_plugged() const;
    void wait_until_read(); ///< returns once all of it was read, and another read waits for more

    FakeSettings settings() const;
    void change(const std::string& what,
                double value); ///< of the settings, by the driver; throws what is out of range
    void change_gain(const std::string& element, double gain_db);
    void choose(const std::string& antenna);
    void set_streaming(bool streaming);
    void reset(); ///< nothing to bring, no settings

    /// For the driver's readStream.
    int read(std::complex<float>* samples, std::size_t count, int& flags, long long& time_ns, long timeout_us);

private:
    struct Item {
        std::vector<std::complex<float>> samples;
        std::size_t read = 0;
        std::optional<long long> time_ns;
        int code = 0;
        bool sticks = false;
        std::string unplugged;
    };

    void add(Item item);
    int read_samples(Item& item, std::complex<float>* samples, std::size_t count, int& flags, long long& time_ns);

    mutable std::mutex mutex_;
    std::condition_variable arrived_, emptied_;
    std::deque<Item> items_;
    FakeSettings settings_;
    bool waiting_ = false, plugged_ = true;
};

FakeAir& fake_air();

/// What a radio does by itself, for programs: words joined by ";". `NUMBER`: so many samples of a weak tone in
/// noise; `time`: they carry a time from here on; `overflow`: reports one, and 1000 samples are missing; `timeout`;
/// `failure`: reads fail from here on; `unplug`: they throw; `stick`: they do not come back.
void play(FakeAir& air, const std::string& script, double rate_hz);

} // namespace prunedamr::test
