// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/measure/measurement.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace prunedamr::stream {

/// Text of bounded length that lives inside an event: copying allocates nothing; longer text is cut.
template <std::size_t N> class FixedString
{
public:
    FixedString() = default;
    FixedString(std::string_view text) noexcept { assign(text); }
    void assign(std::string_view text) noexcept
    {
        size_ = std::min(text.size(), N);
        std::copy_n(text.data(), size_, text_.data());
    }
    std::string_view view() const noexcept { return { text_.data(), size_ }; }

private:
    std::array<char, N> text_{};
    std::size_t size_ = 0;
};

enum class State : std::uint8_t { signal, noise, unknown };
enum class TimeSource : std::uint8_t { hw, system, file };

PRUNEDAMR_API const char* to_string(State state);
PRUNEDAMR_API const char* to_string(TimeSource source);

/// `LabelEvent::note` where a constant in the samples, the receiver's own oscillator, stands out in the spectrum:
/// it was taken out, and what the event says is of the rest.
inline constexpr std::string_view kDcSpike = "dc_spike";

/// What the live classifier says of one decision interval; the only label schema of the project.
/// Trivially copyable, fixed size.
struct LabelEvent {
    static constexpr int kVersion = 2;
    static constexpr int kTop = 3;
    struct Candidate {
        FixedString<24> label;
        float probability = 0.0f;
    };

    /// A radio system that the event may be of: a hint, not a claim. What of it fitted and what did not are bits, named by
    /// `systems::aspect_name`.
    struct SystemCandidate {
        FixedString<40> system;
        std::uint32_t fits = 0, misses = 0;
    };

    /// What the decision was measured on, thinned to what a plot needs.
    struct Evidence {
        enum class Kind : std::uint8_t {
            symbols, ///< of a linear modulation, synchronized, mean power near 1
            advances ///< of FSK, phase per symbol in cycles, as I; Q is 0
        };
        static constexpr double kSteps = 1000.0; ///< of I and Q, to 1
        struct Point {
            std::int16_t i = 0, q = 0;
        };
        Kind kind = Kind::symbols;
        int count = 0;
        std::array<Point, measure::Measurement::kEvidence> points;
    };

    /// Decisions are no longer like those of a reference (`DriftWatch`): those on signals with one label, or on all, lie
    /// more often than before on one side of what is usual. Static texts; `quantity` is empty where nothing is told.
    struct Drift {
        const char* quantity = "";
        FixedString<24> of; ///< label; empty: all
        const char* change = ""; ///< higher, lower, narrower, more (of one part), new (where there was nothing)
        float expected = 0.0f, found = 0.0f; ///< fraction of the decisions, in the reference and of late

        explicit operator bool() const noexcept { return quantity[0] != '\0'; }
    };

    FixedString<48> source;   ///< name of the stream, chosen by the user
    std::uint64_t seq = 0;    ///< rises by one per event and source
    std::uint64_t track = 0;  ///< number of the signal, the same as long as it is followed; 0: noise, or not followed
    std::uint64_t visit = 0;  ///< of a scan: number of the stay at this frequency, from 1 on; 0: no scan
    std::int64_t time_ns = 0; ///< of the first sample, since 1970-01-01 UTC
    TimeSource time_source = TimeSource::system;
    std::uint64_t sample_start = 0; ///< first sample of the interval, counted from the start of the stream
    std::uint64_t sample_count = 0;
    bool is_whole = false; ///< one transmission from its start to its end; no key of its own
    double sample_rate_hz = 0.0;
    double center_freq_hz = 0.0; ///< of the signal: tuned frequency plus the offset that the front end found
    double bandwidth_hz = 0.0;   ///< of the signal
    float snr_db = 0.0f;         ///< NaN (null in JSON) when it could not be measured
    float power_dbfs = 0.0f;     ///< mean over the interval; NaN (null) when every block was dropped
    State state = State::noise;
    FixedString<24> label; ///< class, or family when only that is sure, or "noise", "unknown"
    FixedString<24> family;
    float confidence = 0.0f; ///< calibrated probability of `label`, 0..1; for unknown that of its best class
    std::array<Candidate, kTop> top; ///< most probable classes, descending
    int top_count = 0;
    /// With one standard error each, NaN (null in JSON) where that is not known; `carrier_hz` absolute.
    measure::Numbers measured;
    std::array<SystemCandidate, kTop> candidates; ///< the likeliest first; none where no table is asked
    int candidate_count = 0;
    FixedString<48> model;            ///< name of the model
    std::uint64_t dropped_frames = 0; ///< since the start of the stream
    /// Losses since the start of the stream: reported by the source, or seen by the time at which samples come.
    std::uint64_t overflows = 0;
    float clipped = 0.0f; ///< of the interval's I and Q values those at full scale, 0..1; 0 for no more than a few
    FixedString<16> note; ///< what is doubtful: empty, or `kDcSpike`
    Drift drift;          ///< in the event that tells of it
    Evidence evidence;    ///< none unless it is asked for

    /// Of the first frame of the decision, NaN without one: the highest probability that the network gives to a class, and
    /// `model::LogitReader::unknown_score`. No keys of their own.
    float frame_confidence = std::numeric_limits<float>::quiet_NaN();
    float unknown_score = std::numeric_limits<float>::quiet_NaN();

    /// What the network gave to a class that the measurement then took back, 0..1; 0 where the two agree. No key of its own.
    float disagreement = 0.0f;
};

/// One line of UTF-8 JSON without newline, shortest numbers that read back the same: v, source, seq, time (RFC
/// 3339, ns), time_source, ... in wire order.
PRUNEDAMR_API std::string to_json_line(const LabelEvent& event);

/// The same for a person, without what a person does not look for:
/// `433.920 MHz  2FSK  10.0 kBd  dev 19.1 kHz  h 3.82  24 dB  0.98`.
PRUNEDAMR_API std::string to_text_line(const LabelEvent& event);

/// What was measured, for a person: `10.0 kBd  dev 19.1 kHz  h 3.82`; empty when nothing was.
PRUNEDAMR_API std::string to_text(const measure::Numbers& measured);

} // namespace prunedamr::stream
