// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/fft.h"
#include "prunedamr/receiver/receiver.h"
#include "prunedamr/stream/prover.h"

#include <boost/lockfree/spsc_queue.hpp>

#include <array>
#include <atomic>
#include <complex>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

/// What a decision was made of, for plots. All of it is at the rate at which the signal was cut out of the band.
struct DecisionPicture {
    std::uint64_t seq = 0; ///< of its event
    double rate_hz = 0.0;
    double zero_hz = 0.0;              ///< absolute frequency of the middle of the spectrum
    std::vector<float> spectrum_db;    ///< dBFS, by rising frequency, over all of the rate
    std::vector<float> discriminator_hz; ///< successive instantaneous frequencies, from the event's center
    std::vector<float> envelope;       ///< of the same samples, to 1
    measure::Method method = measure::Method::none;
    std::vector<std::complex<float>> symbols; ///< as in `measure::Measurement`
    struct Alphabet {
        std::string name;
        double log_likelihood;
    };
    std::vector<Alphabet> alphabets; ///< likeliest first, without decoys
};

/// Takes what can be looked at from the sample path and makes pictures of it on another thread. The sample path
/// copies samples to rings of fixed size, and waits for nobody: what finds no room is left out, and so are rows while
/// nobody looks. Decisions are kept all the time, for who looks later.
class Picture final : public SampleTap, public stream::DecisionTap
{
public:
    Picture();

    static constexpr int kBins = 2048;
    static constexpr double kLowestDb = -140.0, kStepDb = 2.0 / 3.0; ///< of a byte of a row

    /// The samples that follow are of another receiver, which has not begun yet. Rows and boxes of one run belong
    /// together.
    void begin_run(double sample_rate_hz);
    std::uint32_t run() const noexcept { return run_; }
    void set_watched(bool watched) noexcept { is_watched_.store(watched, std::memory_order_relaxed); }

    void take(const Tapped& samples) noexcept override; ///< reading thread
    void see(const stream::LabelEvent& event, const stream::DecisionSamples& samples,
             const measure::Measurement* found) noexcept override; ///< classifying thread
    void name(std::uint64_t seq) noexcept; ///< the same; of the event that was seen last, when it is published

    /// A row of the waterfall from all samples since the last one; none when there are none. One thread, as the next.
    /// Little endian: u8 1, u8 0, u16 bins, u32 run, f64 center frequency [Hz], f64 rate [Hz], u64 first sample,
    /// u64 last sample + 1, i64 time of the first sample [ns since 1970], f32 lowest dB, f32 dB per step,
    /// bins x u8: dBFS by rising frequency.
    std::optional<std::string> next_row();
    std::int64_t row_time_ns() const { return row_time_ns_; } ///< of the last row's first sample
    void for_each_decision(const std::function<void(DecisionPicture)>& visit);

private:
    static constexpr std::size_t kSegments = 128, kDecisions = 16;
    static constexpr std::size_t kDecisionSamples = 4096;
    static constexpr double kMaxSegmentsPerS = 2000.0; ///< of a wide band every second or third is looked at

    struct Segment {
        std::uint32_t run = 0;
        std::uint64_t first_sample = 0;
        std::int64_t time_ns = 0;
        double center_freq_hz = 0.0, rate_hz = 0.0;
        std::array<std::complex<float>, kBins> samples;
    };
    struct Decision {
        std::uint64_t seq = 0;
        double rate_hz = 0.0, zero_hz = 0.0, center_hz = 0.0;
        std::size_t count = 0;
        std::array<std::complex<float>, kDecisionSamples> samples;
        bool has_measurement = false;
        measure::Measurement measurement;
    };
    /// Its items never move: indices travel to and fro.
    template <typename Item, std::size_t Count> struct Ring {
        Ring() : items(Count)
        {
            for (std::size_t i = 0; i < Count; ++i)
                empty.push(i);
        }
        std::vector<Item> items;
        boost::lockfree::spsc_queue<std::size_t, boost::lockfree::capacity<Count>> empty, filled;
    };

    std::int64_t row_time_ns_ = 0;

    void add_power(const Segment& segment);
    void end_group();
    DecisionPicture draw(const Decision& decision);

    Ring<Segment, kSegments> segments_;
    Ring<Decision, kDecisions> decisions_;
    std::atomic<bool> is_watched_{ false };
    std::atomic<std::uint32_t> run_{ 0 };

    // Of the reading thread
    double rate_hz_ = 1.0;
    std::uint64_t stride_ = kBins; ///< samples between the starts of segments
    std::optional<std::size_t> segment_; ///< that is being filled
    std::size_t fill_ = 0;
    std::uint64_t next_ = 0; ///< sample from which the next segment begins

    std::optional<std::size_t> decision_; ///< of the classifying thread, that has no name yet

    // Of the thread that draws
    const dsp::Fft fft_, small_fft_;
    std::vector<float> window_, small_window_;
    std::vector<std::complex<float>> windowed_, transformed_;
    std::vector<float> group_, row_; ///< power of the bins
    int in_group_ = 0;
};

} // namespace prunedamr::receiver
