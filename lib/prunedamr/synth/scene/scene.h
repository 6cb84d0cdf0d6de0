// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/recording/recording.h"

#include <complex>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::synth {

/// One transmitter of a scene: a burst, or several one after another.
struct SceneSignal {
    std::string label;            ///< a class of the recipe; noise sends nothing and is only annotated
    double offset_hz = 0.0;       ///< of its middle from the capture's center frequency
    double bandwidth_hz = 0.0;    ///< nominal occupied bandwidth, 1e-5 of the rate to 0.9 of it, inside the band
    double start_s = 0.0;         ///< of the first burst
    double duration_s = 0.0;      ///< of each burst, at least 64 samples
    std::int64_t count = 1;       ///< bursts
    double period_s = 0.0;        ///< from the start of one to the start of the next, if there are several
    std::optional<double> snr_db; ///< mean power while on, over the noise in its own bandwidth: this,
    std::optional<double> level_dbfs;        ///< or the mean power while on itself (0 dB is |x| = 1)
    std::vector<double> hop_offsets_hz = {}; ///< of its bursts in turn, over and over, instead of offset_hz
    double drift_hz_per_s = 0.0;             ///< of all offsets, from the start of the scene on
    double skirts = 0.0; ///< 1..1000: what it sends fills one part in so many of its bandwidth, and its skirts are made
                         ///< as far as the capture's rate shows them; 0: it fills it, and is filtered beyond

    double pattern_s = 0.0; ///< what it sends repeats after so long, as idle patterns do; 0: it does not

    bool sends() const { return snr_db || level_dbfs; }
    double end_s() const { return start_s + static_cast<double>(count - 1) * period_s + duration_s; }
    double burst_start_s(std::int64_t burst) const { return start_s + static_cast<double>(burst) * period_s; }
    /// Middle of a burst's band at a time within the burst.
    double offset_hz_at(std::int64_t burst, double time_s) const;
};

/// In the comment of an annotation, before what a keyed carrier with skirts fills, in Hz.
inline constexpr const char* kKeyedIn = "keyed in ";

/// Whether both are on at some time, and there their bands, with this much between them, overlap; without drifts.
bool meet(const SceneSignal& a, const SceneSignal& b, double guard_hz);

/// What the receiver adds to what it receives; nothing, as it is made.
struct SceneReceiver {
    static constexpr double kRipplePeriods = 3.0;

    double phase_noise_db = 0.0; ///< how far the power beside a carrier lies below it, 20..100; 0: none
    double image_db = 0.0;       ///< how far the image at -f lies below f, 10..100; 0: none
    double third_order_db = 0.0; ///< how far the third-order products of two carriers of -20 dBFS each lie below
                                 ///< them, 20..150; 0: none
    double dc_dbfs = -300.0;     ///< a constant; -300: none
    double ripple_db = 0.0;      ///< peak to peak, of the noise over the band
    double gain_step_db = 0.0;   ///< of everything ...
    double gain_step_s = 0.0;    ///< ... from here on
};

/// Signals at their frequencies, times and levels above one noise floor: what one wideband capture holds.
struct PRUNEDAMR_API Scene {
    std::string recipe = "onair"; ///< how the transmitters of each class are drawn: a shipped recipe, or a file
    double sample_rate_hz = 1e6;
    double center_freq_hz = 0.0;
    double duration_s = 1.0;
    double noise_dbfs_per_hz = -100.0; ///< in the middle of the band
    double noise_tilt_db = 0.0;        ///< upper edge of the band over its lower edge
    SceneReceiver receiver = {};
    int bits = 16; ///< of the converter, 4..16; full scale is |I|, |Q| = 1
    std::uint64_t seed = 1;
    std::vector<SceneSignal> signals;

    std::uint64_t sample_count() const;
    std::vector<std::uint64_t> starts(const SceneSignal& signal) const; ///< first sample of each burst
    std::uint64_t burst_samples(const SceneSignal& signal) const;
    double noise_dbfs_per_hz_at(double offset_hz) const;
    double level_dbfs(const SceneSignal& signal) const;
    double snr_db(const SceneSignal& signal) const;
};

/// Throws `Error` naming `where`, signal and key: out of range, outside the band or the duration, unknown label.
PRUNEDAMR_API void validate(const Scene& scene, const std::string& where);

/// The JSON form: the members above by their names, `freq_hz` (absolute) as another way to say `offset_hz`, and
/// `count` and `period_s` together as "repeat": {"count": 5, "period_s": 0.2}. Must be there: sample_rate_hz,
/// duration_s, and of each signal label, bandwidth_hz and snr_db or level_dbfs; a signal without duration_s lasts
/// to the end, one without start_s begins at 0. Comments are allowed. Throws `Error` for what `validate` refuses,
/// and for unknown keys by name.
PRUNEDAMR_API Scene scene_from_json(const std::string& text, const std::string& where);
PRUNEDAMR_API std::string to_json_text(const Scene& scene);

struct RandomSceneConfig {
    std::string recipe = "onair";
    double sample_rate_hz = 1e6;
    double center_freq_hz = 0.0;
    double duration_s = 1.0;
    int signals = 8;
    std::vector<std::string> labels; ///< taken in turn, shuffled; empty: all
    double snr_low_db = 10.0;
    double snr_high_db = 30.0;
    double bursts = 0.5; ///< fraction of signals that come in bursts
    std::uint64_t seed = 1;
};

/// Signals anywhere in the inner 90 % of the band, none over another in both time and frequency. The noise is so
/// low that nothing clips. Throws `Error` for bad values, or when no room is left.
PRUNEDAMR_API Scene random_scene(const RandomSceneConfig& config);

struct BandSceneConfig {
    double sample_rate_hz = 2e6;
    double duration_s = 1.0;
    double snr_low_db = 8.0; ///< of lasting emissions and of long bursts; those under 4 ms have 12 dB and more
    double snr_high_db = 30.0;
    bool emissions = true; ///< else only what the receiver adds
    std::uint64_t seed = 1;
};

/// A band as it is met: lasting emissions, bursts of 1000 samples to a tenth of a second, some of which hop, at
/// times a grid of channels, at times emissions 40 dB over others, drifting carriers; and a receiver with an image,
/// intermodulation, a DC spike, a floor that is not flat, steps of its gain and few bits. Widths go with the rate.
PRUNEDAMR_API Scene band_scene(const BandSceneConfig& config);

/// Each label once, noise included, in equal turns near the center: a tenth to a third of the band wide.
/// `signals` and `bursts` are not used.
PRUNEDAMR_API Scene scene_in_turn(const RandomSceneConfig& config);

/// Everything of the capture but its samples: format ci16_le, an annotation for each burst (label, samples,
/// frequency edges, SNR and what a keyed carrier with skirts fills as comment), ordered in time.
PRUNEDAMR_API recording::RecordingInfo scene_info(const Scene& scene);

/// Makes the samples, piece by piece in order; the pieces are the sink's only during the call. Memory goes with the
/// bursts that are on at one time, at a rate a few times their own bandwidth. Returns how many samples were
/// clipped. The same seed gives the same samples. Throws `Error` as `validate` does.
PRUNEDAMR_API std::uint64_t
render_scene(const Scene& scene,
             const std::function<void(const std::complex<float>* samples, std::size_t count)>& sink);

} // namespace prunedamr::synth
