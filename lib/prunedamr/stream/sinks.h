// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/recording/sigmf_writer.h"
#include "prunedamr/stream/label_event.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::stream {

/// Takes events; called on one thread at a time, which is its own. Throws when it can write no more: whatever it throws,
/// the publisher reports once and calls it no more.
class PRUNEDAMR_API Sink
{
public:
    virtual ~Sink() = default;
    virtual void write(const LabelEvent& event) = 0;
    virtual void flush() {}
    virtual void idle() {}   ///< some four times a second while no event comes
    virtual void finish() {} ///< once, after the last event, when all went well: from `Publisher::close`

    /// Reopens what it writes to under its name, where another file may stand by now or none.
    virtual void reopen() {}

    /// True once its reader has left: it takes no more, which is no failure. On the thread that writes.
    virtual bool has_ended() const noexcept { return false; }

    /// Where readers find it, when the system chose that ("tcp://127.0.0.1:40123"); else empty.
    virtual std::string chosen_address() const { return {}; }

    /// From any thread: stop waiting for a reader that does not read; what cannot be written at once is lost.
    virtual void abandon() noexcept {}

    /// Of one with a peer: the events that did not reach it, and how often it was lost and found again. Any thread.
    virtual std::uint64_t lost() const noexcept { return 0; }
    virtual std::uint64_t reconnects() const noexcept { return 0; }
};

/// One that needs no more than the JSON lines.
class PRUNEDAMR_API LineSink : public Sink
{
public:
    void write(const LabelEvent& event) final { write_line(to_json_line(event)); }
    virtual void write_line(const std::string& json_line) = 0; ///< without newline
};

/// JSON lines to a file, or to standard output for "-". A file is created at once, or appended to when it holds
/// labels; half a line at its end, of a process that was killed, is cut. One that is removed is created again. A
/// closed pipe ends writing quietly; a full disk leaves no half line. Throws `Error` when the file cannot be created,
/// holds something else, or another sink or process writes to it.
PRUNEDAMR_API std::unique_ptr<LineSink> make_json_lines_sink(const std::string& path);

/// A line per event for a person (`to_text_line`) to standard output.
PRUNEDAMR_API std::unique_ptr<Sink> make_text_sink();

struct ZmqConfig {
    std::string endpoint = "tcp://127.0.0.1:5555"; ///< bound; tcp (port 1..65535, or * for any free one) or ipc
    std::string topic = "label";                   ///< first frame of each message
    int high_water_mark = 1000; ///< messages kept for a slow subscriber, then dropped for it alone
    /// Z85, 40 characters: makes the socket a CURVE server. Its traffic is encrypted, and clients can be sure of
    /// whose it is; it does not say who may subscribe: that is any client that knows the public key.
    std::string curve_secret_key;
    /// Z85, 40 characters each: the public keys of the clients that may subscribe. Empty: no list, any client may.
    std::vector<std::string> curve_client_keys;
};

/// ZeroMQ PUB: two frames, topic and JSON. Never blocks: a subscriber that does not read loses messages, nobody
/// waits. Throws `Error` for a bad key, and naming the endpoint when it cannot be bound, when somebody else serves it,
/// or when it is not loopback and the CURVE key or the list of client keys is missing.
PRUNEDAMR_API std::unique_ptr<LineSink> make_zmq_sink(const ZmqConfig& config);

/// SigMF annotations of a recording whose samples the events are of (`recording::annotate`): one for each run of
/// intervals with one label, from its first sample to its last, with the mean frequency edges; none for noise and
/// unknown ones. They are written at the end, whole, or not at all. Throws `Error` where they could not be.
PRUNEDAMR_API std::unique_ptr<Sink> make_sigmf_sink(const recording::Annotating& annotating);

/// The annotation that it makes of one event alone.
PRUNEDAMR_API recording::Annotation annotation_of(const LabelEvent& event);

/// The same fields as CSV: a line with their names (`visit_cells`), then a line for each event. Files are treated as
/// those of JSON lines are.
PRUNEDAMR_API std::unique_ptr<Sink> make_csv_sink(const std::string& path);

/// What became of the events for one output.
struct OutputStats {
    std::uint64_t written = 0, filtered = 0, lost = 0, reconnects = 0;
};

/// The list of the counts: name, member and meaning of each go to `visit`.
template <typename Visit> void visit_output_stats(Visit&& visit)
{
    using Stats = OutputStats;
    visit("written", &Stats::written, "events that the output took");
    visit("filtered", &Stats::filtered, "events that its condition kept back");
    visit("lost", &Stats::lost, "events that it lost, for its reader was too slow, away, or refused them");
    visit("reconnects", &Stats::reconnects, "times that its peer was lost and found again");
}

/// A sink, and the events that are meant for it: those for which `condition` is true, or all without one. It is called on
/// the thread that publishes; it must neither throw nor wait.
struct SinkChoice {
    std::unique_ptr<Sink> sink;
    std::function<bool(const LabelEvent&)> condition;
};

/// Events from the sample path to sinks, each on a thread of its own behind a lock-free queue of fixed size: one that
/// stalls or fails keeps nothing from the others. `publish` neither allocates nor locks. `lossless`: while a queue is
/// full it waits (files: back-pressure); else the event is lost for that sink and counted (its seq is missing
/// downstream).
class PRUNEDAMR_API Publisher
{
public:
    Publisher(std::vector<std::unique_ptr<Sink>> sinks, bool lossless, std::size_t capacity = 1024);
    Publisher(std::vector<SinkChoice> sinks, bool lossless, std::size_t capacity = 1024);
    ~Publisher(); ///< writes what is queued; sinks are not finished
    void publish(const LabelEvent& event) noexcept;
    std::uint64_t lost() const noexcept; ///< events that found a queue full or did not reach a peer, over all sinks
    OutputStats stats(std::size_t sink) const noexcept;  ///< of one, counted from 0 in the order given
    std::uint64_t lost(std::size_t sink) const noexcept; ///< of the same

    /// False once every sink has failed or ended, and nobody reads what is published.
    bool has_readers() const noexcept;

    /// From any thread: every sink reopens its file, as soon as it has written what it is writing.
    void reopen() noexcept;

    /// Writes what is queued, flushes and stops the thread; nothing may be published afterwards.
    void close();

    /// From any thread, when the end must come though a reader stalls: nobody waits for it any more.
    void abandon() noexcept;

    /// The first failure of any sink ("full.jsonl: cannot write labels: ..."), which gets no more events.
    std::optional<std::string> fault() const;
    std::optional<std::string> fault(std::size_t sink) const; ///< why this one failed, if it did

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::stream
