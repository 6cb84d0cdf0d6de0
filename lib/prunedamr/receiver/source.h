// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/recording/recording.h"
#include "prunedamr/stream/label_event.h"

#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

/// What is known of a source when it has been opened.
struct SourceInfo {
    std::string name; ///< for errors: path, "standard input", "soapy:driver=rtlsdr", endpoint
    double sample_rate_hz = 0.0;
    double center_freq_hz = 0.0;                  ///< of the first sample; 0 when unknown
    bool live = false;                            ///< cannot wait for a slow reader
    std::optional<recording::RecordingInfo> recording; ///< of a file
    std::vector<std::string> warnings;            ///< what was strange and changed nothing; a line each
};

struct SourceTime {
    std::int64_t time_ns = 0; ///< since 1970-01-01 UTC
    stream::TimeSource source = stream::TimeSource::system;
};

/// What one read brought. The optional fields hold from its first sample on.
struct Reading {
    std::size_t count = 0;                ///< samples
    bool ended = false;                   ///< no more will come
    std::uint64_t overflows = 0;          ///< losses that the source reports to lie before these samples
    std::optional<SourceTime> time;       ///< where the source tells it
    std::optional<double> center_freq_hz; ///< where it changed
};

/// Where samples come from. Its functions are called on one thread at a time.
class PRUNEDAMR_API Source
{
public:
    virtual ~Source() = default;

    virtual const SourceInfo& info() const = 0;

    /// Up to `count` samples, as they come. Waits for the first of them no longer than `wait`, so that a silent
    /// source can be stopped; 0 samples then. Throws `Error` when the source fails.
    virtual Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) = 0;

    /// Another tuned frequency. Throws `Error` for a source that cannot be tuned, or not to there.
    virtual void tune(double center_freq_hz);
};

/// A recording (see `recording::Recording` for its forms). Later captures bring their own frequency and time; a given
/// `center_freq_hz` holds for all of them. A file without a date starts at 1970, so that reading it twice gives the
/// same labels. Throws `Error` for a file that cannot be read.
PRUNEDAMR_API std::unique_ptr<Source> make_file_source(const std::string& path, const recording::RawOptions& raw,
                                                       std::optional<double> center_freq_hz = {});

struct PipeConfig {
    recording::SampleFormat format = recording::SampleFormat::cu8;
    double sample_rate_hz = 1.0;
    double center_freq_hz = 0.0;
    bool live = false;  ///< who writes cannot wait: what comes too fast is dropped
    int descriptor = 0; ///< of the open pipe or file (0: standard input); stays open
};

/// Raw samples from a pipe; real-valued ones as `recording::RealToComplex` makes them. Its `read` throws `Error` for an
/// end in the middle of a sample, and for what begins as a container (WAV, gzip, ...).
PRUNEDAMR_API std::unique_ptr<Source> make_pipe_source(const PipeConfig& config);

/// The same from a FIFO, or another path that is no regular file (/dev/stdin). Waits until somebody writes to a FIFO.
PRUNEDAMR_API std::unique_ptr<Source> make_pipe_source(const std::string& path, PipeConfig config);

/// Complex float32 from a ZeroMQ publisher, as GNU Radio's zeromq pub_sink sends them; always live. Throws `Error`
/// for a malformed endpoint; `read` does for a message that is no whole number of samples.
PRUNEDAMR_API std::unique_ptr<Source> make_zmq_source(const std::string& endpoint, double sample_rate_hz,
                                                      double center_freq_hz);

struct SoapyConfig {
    struct ElementGain {
        std::string element; ///< as the device names it: LNA, TUNER, ...
        double gain_db;
    };
    std::string device; ///< SoapySDR's arguments: "driver=rtlsdr,serial=00000001"
    double sample_rate_hz = 0.0;
    double center_freq_hz = 0.0;
    std::optional<double> gain_db;          ///< overall; without any gain: automatic, where the device can
    std::vector<ElementGain> element_gains; ///< set after the overall gain
    std::string antenna;                    ///< empty: the device's own choice
    std::optional<double> ppm;              ///< frequency correction, parts per million
    std::optional<double> bandwidth_hz;     ///< of the analog filter; none: the device's own choice
};

/// A radio through SoapySDR; always live, can be tuned. Samples carry the device's time where it tells one; a time
/// before the year 2000 counts from power-on and is anchored at the system's. Throws `Error` naming the device,
/// what it refuses and what it has; `read` does when it is unplugged. In a build without SoapySDR: throws.
PRUNEDAMR_API std::unique_ptr<Source> make_soapy_source(const SoapyConfig& config);

} // namespace prunedamr::receiver
