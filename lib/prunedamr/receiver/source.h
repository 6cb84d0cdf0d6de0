// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/recording/recording.h"
#include "prunedamr/stream/label_event.h"

#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

/// What is known of a source when it has been opened.
struct SourceInfo {
    std::string name; ///< for errors: path, "standard input", "soapy:driver=rtlsdr", endpoint
    double sample_rate_hz = 0.0;
    double center_freq_hz = 0.0;    ///< of the first sample; 0 when unknown
    std::uint64_t first_sample = 0; ///< how many of the recording's lie before the first one, at this rate
    bool live = false;              ///< cannot wait for a slow reader
    bool realtime = false;          ///< of one that can wait: comes as fast as it was received, and should not wait long
    bool queues = false; ///< what nobody reads is kept for who reads: the connection of a network's does so
    bool can_tune = false, can_set_gain = false; ///< while samples flow
    std::vector<std::string> gain_elements;      ///< that have a gain of their own
    std::optional<recording::RecordingInfo> recording; ///< of a file
    std::vector<std::string> warnings;                 ///< what was strange and changed nothing; a line each
};

/// Without a number: automatic. Without an element: of all together.
struct GainSetting {
    std::optional<double> gain_db;
    std::string element;
};

/// Samples in a row, on their way to the classifier.
struct Tapped {
    const std::complex<float>* samples;
    std::size_t count;
    std::uint64_t first_sample;  ///< counted as in the events
    std::int64_t time_ns;        ///< of the first sample, since 1970-01-01 UTC
    double center_freq_hz;
    bool after_gap = false;      ///< others were lost before them, or the source began anew
};

/// Looks on at the samples, on the reading thread: it must neither allocate nor throw, nor wait unless the source can.
class SampleTap
{
public:
    virtual ~SampleTap() = default;
    virtual void take(const Tapped& samples) noexcept = 0;
};

/// What is wanted otherwise while samples flow.
struct SourceChange {
    std::optional<double> center_freq_hz;
    std::optional<GainSetting> gain;
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
    bool restarted = false;               ///< the source was gone before these samples, which follow on nothing
    std::uint64_t rejected = 0;           ///< messages that were no samples, and were left out
    std::optional<SourceTime> time;       ///< where the source tells it
    std::optional<double> center_freq_hz; ///< where it changed
    std::uint64_t skipped = 0;            ///< samples before these that came, and were left out on purpose
    std::optional<std::uint64_t> visit;   ///< of a scan, where it changed: the frequency was, or will be, tuned to again
};

/// Takes a sentence about what happened to a source while samples flow; on the thread that reads it.
using NoticeHandler = std::function<void(const std::string&)>;

/// Where samples come from. Its functions are called on one thread at a time.
class PRUNEDAMR_API Source
{
public:
    virtual ~Source() = default;

    /// Before the first `read`. Notices are few: each kind once, or once per loss of the source.
    virtual void on_notice(NoticeHandler handler) { notice_ = std::move(handler); }

    virtual const SourceInfo& info() const = 0;

    /// Up to `count` samples, as they come. Waits for the first of them no longer than `wait`, so that a silent
    /// source can be stopped; 0 samples then. Throws `Error` when the source fails.
    virtual Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) = 0;

    /// As if up to `count` samples had been read, which are of no use. A count of 0: they must be read.
    virtual Reading skip(std::uint64_t count);

    /// Another tuned frequency. Throws `Error` for a source that cannot be tuned, or not to there.
    virtual void tune(double center_freq_hz);

    /// Another gain. Throws `Error` for a source whose gain cannot be set so.
    virtual void set_gain(const GainSetting& gain);

protected:
    void notice(const std::string& text) const
    {
        if (notice_)
            notice_(text);
    }

private:
    NoticeHandler notice_;
};

/// A recording (see `recording::Recording` for its forms). Later captures bring their own frequency and time; a
/// given `center_freq_hz` holds for all of them. A file without a date starts at 1970, so that reading it twice
/// gives the same labels. Throws `Error` for a file that cannot be read.
PRUNEDAMR_API std::unique_ptr<Source> make_file_source(const std::string& path, const recording::RawOptions& raw,
                                                       std::optional<double> center_freq_hz = {});

struct PipeConfig {
    recording::SampleFormat format = recording::SampleFormat::cu8;
    double sample_rate_hz = 1.0;
    double center_freq_hz = 0.0;
    bool live = false;  ///< who writes cannot wait: what comes too fast is dropped
    int descriptor = 0; ///< of the open pipe or file (0: standard input); stays open
};

/// Raw samples from a pipe; real-valued ones as `recording::RealToComplex` makes them. Its `read` throws `Error`
/// for an end in the middle of a sample, and for what begins as a container (WAV, gzip, ...).
PRUNEDAMR_API std::unique_ptr<Source> make_pipe_source(const PipeConfig& config);

/// The same from a FIFO, or another path that is no regular file (/dev/stdin). Of a FIFO that nobody writes to yet
/// nothing comes, as of any that is silent; from a second on that is noticed.
PRUNEDAMR_API std::unique_ptr<Source> make_pipe_source(const std::string& path, PipeConfig config);

/// What a stream of bytes does not tell of its samples.
struct RawStream {
    recording::SampleFormat format = recording::SampleFormat::cf32_le;
    double sample_rate_hz = 1.0;
    double center_freq_hz = 0.0;
};

/// Raw samples from the TCP server at "HOST:PORT" (IPv6: "[::1]:PORT"); always live. Throws `Error` when nobody
/// answers; `read` does when the server goes away.
PRUNEDAMR_API std::unique_ptr<Source> make_tcp_source(const std::string& address, const RawStream& stream);

/// Raw samples from UDP datagrams to "PORT" of this machine's loopback, or to "ADDRESS:PORT" ("0.0.0.0:PORT": from
/// anywhere); always live. Datagrams that the system had to drop count as an overflow; one that is no whole number
/// of samples is rejected.
PRUNEDAMR_API std::unique_ptr<Source> make_udp_source(const std::string& address, const RawStream& stream);

struct RtlTcpConfig {
    std::string address; ///< "HOST:PORT"
    double sample_rate_hz = 0.0;
    double center_freq_hz = 0.0;
    std::optional<double> gain_db; ///< none: automatic
    double ppm = 0.0;              ///< frequency correction, whole numbers
};

/// A radio behind rtl_tcp; always live, can be tuned. Throws `Error` when nobody answers, or something else does.
PRUNEDAMR_API std::unique_ptr<Source> make_rtl_tcp_source(const RtlTcpConfig& config);

struct ZmqSourceConfig {
    std::string endpoint;           ///< "tcp://HOST:PORT" or "ipc://PATH"
    bool pull = false;              ///< PULL, of a PUSH socket; else SUB
    bool bind = false;              ///< the endpoint is here, and senders connect to it
    std::optional<std::string> key; ///< only messages whose first part this is; none: all
    RawStream stream;
};

/// Samples from ZeroMQ messages, as GNU Radio's pub_sink and push_sink send them; always live. Of a message in
/// several parts the last one is samples. The header of the sinks' "Pass Tags" is recognized: a jump of its sample
/// count is an overflow, and of the tags rx_freq and rx_time are followed, rx_rate compared with the rate. What is
/// no whole number of samples is rejected. About a second of messages waits to be read. Throws `Error` for a
/// malformed endpoint.
PRUNEDAMR_API std::unique_ptr<Source> make_zmq_source(const ZmqSourceConfig& config);

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

/// The steady clock and the sleep of a supervised source, which a test has of its own.
struct SupervisorClock {
    std::function<std::chrono::milliseconds()> now;
    std::function<void(std::chrono::milliseconds)> sleep;
};

struct SupervisorConfig {
    std::function<std::unique_ptr<Source>(double center_freq_hz)> open;
    double center_freq_hz = 0.0;    ///< of the first `open`
    bool reopen_when_lost = true;   ///< else the failure is thrown, as without a supervisor
    bool reopen_when_silent = true; ///< else what lies below mends itself (ZeroMQ, UDP)
    bool fail_on_loss = false;      ///< a source that is lost or silent ends the stream: `read` throws
    SupervisorClock clock = {};     ///< empty: the system's
};

/// A source that is opened again when it fails, or brings nothing for 1.5 s: after 0.5 s, then after twice the
/// time, up to 10 s, tuned as it was. Loss, silence and return are noticed; the first samples afterwards are
/// `restarted` and count one overflow. Throws what the first `open` throws.
PRUNEDAMR_API std::unique_ptr<Source> make_supervised_source(SupervisorConfig config);

struct ReplayConfig {
    std::function<std::unique_ptr<Source>()> open; ///< of a recording
    bool realtime = false;      ///< no faster than it was recorded
    bool loop = false;          ///< from the beginning again at its end; time goes on
    SupervisorClock clock = {}; ///< empty: the system's
};

/// A recording that is played. Throws what `open` throws.
PRUNEDAMR_API std::unique_ptr<Source> make_replayed_source(ReplayConfig config);

/// A length of a recording or stream.
struct Extent {
    double value = 0.0;      ///< 0 or more
    bool in_samples = false; ///< else seconds
};

struct ConditioningConfig {
    bool swap_iq = false;
    bool dc_block = false;
    bool iq_balance = false;
    double offset_tune_hz = 0.0; ///< the source was tuned so far above the frequency that is wanted
    double offset_hz = 0.0;      ///< a channel so far above the tuned frequency,
    double bandwidth_hz = 0.0;   ///< so wide; 0: all of the band
    double ppm = 0.0;            ///< the source's clock was so much too fast: its frequency and rate are corrected
    Extent start, length;        ///< of what is used; length 0: all

    bool does_nothing() const;
};

/// A source whose samples are changed as `config` says (see `dsp::Conditioner`) before anybody sees them. `info`
/// tells the rate and the frequency after the change, `tune` takes such a frequency. Throws `InvalidArgument` for a
/// channel outside of the band, for more than 10,000 ppm and for a start in what cannot wait. A source that ends before the start
/// ends, with a notice.
PRUNEDAMR_API std::unique_ptr<Source> make_conditioned_source(std::unique_ptr<Source> source,
                                                              const ConditioningConfig& config);

} // namespace prunedamr::receiver
