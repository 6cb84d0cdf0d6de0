// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/hub/link.h"
#include "prunedamr/receiver/source.h"
#include "prunedamr/recording/sigmf_writer.h"
#include "prunedamr/stream/sinks.h"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// Outputs as users write them: "KIND:TARGET[;NAME=VALUE]...", where ";;" stands for a semicolon. Each kind has the
/// options that the table says, and all have `if`, a condition on the events (`stream::EventFilter`).
namespace prunedamr::receiver {

class SampleHistory;

enum class OutputKind { json, text, csv, sigmf, zmq, udp, syslog, mqtt, mqtts, influx, trigger, snippets };

/// A row of the table of outputs.
struct OutputForm {
    const char* prefix;
    const char* form; ///< as a user writes it
    const char* meaning;
    OutputKind kind;
};
const std::array<OutputForm, 12>& output_forms();

struct OutputOption {
    const char* name;
    const char* value; ///< "FILE"; empty: it has none
    const char* of;    ///< prefixes with blanks between them, "hub" of --hub; empty: all but that
    const char* meaning;
};
const std::array<OutputOption, 25>& output_options();

struct Output {
    OutputKind kind;
    std::string target; ///< file ("-" is standard output), endpoint, address or program
    std::map<std::string, std::string> options;
    bool is_hub = false; ///< of --hub: mqtt, mqtts or zmq; `target` of the last may hold several endpoints, with commas

    /// For messages: the target without a password; that of a file or a ZeroMQ endpoint alone.
    std::string name() const;
    std::string kind_name() const;                ///< its prefix
    std::vector<std::string> input_files() const; ///< that its options name, or that it runs
    bool is_file() const;                         ///< its target is written to as a file, or is standard output
};

/// "NAME=VALUE" or "NAME". Throws `InvalidArgument` for one that this kind does not have, or has already, and for a bad condition.
void add_option(Output& output, const std::string& text);

/// Throws `InvalidArgument` for an unknown kind or option, naming those that there are, and for a bad condition.
Output parse_output(const std::string& text);

/// The values of --hub: one broker, or the ZeroMQ endpoints of one hub or several, with the options of all. At least one text. Throws
/// `InvalidArgument`.
Output parse_hubs(const std::vector<std::string>& texts);

/// What outputs need of the run.
struct OutputContext {
    std::string source_name = "rx0";
    NoticeHandler on_notice;          ///< of peers that are lost and found; on the outputs' threads
    stream::ZmqConfig zmq;            ///< all but its endpoint
    recording::Annotating annotating; ///< all but its path
    SampleHistory* history = nullptr; ///< of the samples, for snippets; outlives them
    /// A snippet is kept: `SnippetConfig::kept`; may be empty.
    std::function<void(const std::string& stem, const stream::LabelEvent& event)> on_snippet;
};

/// The first line of a file that holds a password or a token; `notice` is told when others can read it. Throws
/// `Error`.
std::string read_secret(const std::string& path, const NoticeHandler& notice);

/// Throws `InvalidArgument` for options of snippets that are out of their ranges.
void check_snippets(const Output& output);

/// How a receiver reaches its hubs. Throws `Error`.
hub::LinkConfig hub_link(const Output& hub, const OutputContext& context);

/// Opens it. Throws `Error`; a peer that is away is none.
stream::SinkChoice open_output(const Output& output, const OutputContext& context);

} // namespace prunedamr::receiver
