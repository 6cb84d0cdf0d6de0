// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What receivers and hubs say to each other (docs/user/formats.md), composed and read in this one place. Each `to_json` gives
/// one line of UTF-8; each `read_...` throws `Error` with `where` for whatever is no such message: a broken text, a missing key, a
/// value of another type or out of its range, another version. Nothing is taken of such a message. Keys that are unknown here,
/// of a later program, are passed over.
namespace prunedamr::receiver::hub {

inline constexpr int kVersion = 1;
inline constexpr std::uint64_t kMaxNumber = std::uint64_t{ 1 } << 53; ///< what every reader of JSON keeps exactly
inline constexpr std::size_t kMaxEvents = 500;                        ///< in a message of labels
inline constexpr std::size_t kMaxRanges = 1000;                       ///< in one that acknowledges them
inline constexpr std::size_t kMaxNameBytes = 48;                      ///< of a receiver, as in its events
inline constexpr std::size_t kMaxMessageBytes = 8u << 20;             ///< larger ones are no message, but for updates

enum class Topic { receiver, status, health, labels, snippet, answer, stored, update, go_back };

const char* to_string(Topic topic);                      ///< the last part of a topic: "labels"; "return" of `go_back`
std::optional<Topic> topic_of(std::string_view last_part); ///< none: no topic of these

/// A receiver's name as a part of a topic or an address: all but letters, digits and "-._~" is percent-encoded (RFC 3986). The
/// second is the way back; it is none for what the first never gives, and for names that are empty or too long.
std::string encoded_name(std::string_view name);
std::optional<std::string> decoded_name(std::string_view text);

struct Position {
    double latitude = 0.0, longitude = 0.0; ///< degrees, north and east positive
};

/// "52.5,13.4". Throws `InvalidArgument` for what is no such text, or beyond 90 and 180 degrees.
Position parse_position(const std::string& text);

struct ModelName {
    std::string name, hash; ///< of the model file: SHA-256, 64 hexadecimal digits
};

/// Who a receiver is; retained.
struct Registration {
    std::string name, run; ///< `run`: random number of this process' run, 16 hexadecimal digits
    std::int64_t since_ns = 0;
    std::string version;
    std::optional<Position> position;
    ModelName model;
    std::vector<std::string> classes; ///< of the model
    std::uint64_t sequence = 0;       ///< of the last update that was taken; 0: none
    std::vector<std::string> keys;    ///< fingerprints of those whose updates it takes; empty: it takes none
};

/// Every 10 s.
struct Health {
    std::string run;
    std::int64_t time_ns = 0;
    std::string status;               ///< JSON: what GET /api/v1/status answers
    std::optional<std::uint64_t> seq; ///< that was given out last
    std::uint64_t waiting = 0;        ///< events that are not acknowledged
    std::uint64_t lost = 0;           ///< events that fell out of the spool
};

/// Of a label event what is looked for; `json` is all of it.
struct Event {
    std::uint64_t seq = 0, track = 0;
    std::int64_t time_ns = 0;
    double duration_s = 0.0, center_freq_hz = 0.0, bandwidth_hz = 0.0;
    std::optional<double> snr_db;
    std::string state, label, model;
    double confidence = 0.0;
    bool tells_drift = false;
    std::string json;
};

struct Labels {
    std::string run;
    std::vector<Event> events; ///< at least one
};

/// A snippet that the receiver keeps.
struct Snippet {
    std::string run, id;
    std::string event; ///< JSON
    std::string png;   ///< bytes of its spectrogram
};

enum class Result {
    taken,    ///< the update runs, and is watched
    refused,  ///< the update, or to go back; `why`: one of docs/user/receiver.md's words, or a text
    kept,     ///< it has stood its trial
    returned, ///< the update does not run, or no longer
};
const char* to_string(Result result);

/// What became of an update.
struct Answer {
    std::string run, update; ///< `update`: SHA-256 of its bytes, 64 hexadecimal digits
    Result result = Result::taken;
    std::string why; ///< may be empty
    ModelName model; ///< that runs now
    std::uint64_t sequence = 0;
};

using Range = std::pair<std::uint64_t, std::uint64_t>; ///< first and last, both within

/// These events of this run are in the database.
struct Stored {
    std::string run;
    std::vector<Range> ranges; ///< at least one
};

std::string to_json(const Registration& message);
std::string to_json(const Health& message);
std::string to_json(const Snippet& message);
std::string to_json(const Answer& message);
std::string to_json(const Stored& message);
std::string return_json(const std::string& update); ///< SHA-256 of the bytes of the update that is to go, 64 digits

/// Events as their JSON lines, of `stream::to_json_line`.
std::string labels_json(const std::string& run, const std::vector<std::string_view>& lines);

Registration read_registration(const std::string& text, const std::string& where);
Health read_health(const std::string& text, const std::string& where);
Labels read_labels(const std::string& text, const std::string& where);
Snippet read_snippet(const std::string& text, const std::string& where);
Answer read_answer(const std::string& text, const std::string& where);
Stored read_stored(const std::string& text, const std::string& where);
std::string read_return(const std::string& text, const std::string& where); ///< the hash of the update

} // namespace prunedamr::receiver::hub
