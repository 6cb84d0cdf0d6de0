// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/dsp/front_end_spec.h"
#include "prunedamr/dsp/windowed_sinc.h"
#include "prunedamr/train/attack.h"
#include "prunedamr/train/fit.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::train {

/// Values of a sampled signal between its samples: sinc of 32 taps under a Kaiser window (beta 7), from a table of
/// 1024 positions. Flat to 0.01 dB up to 0.4 cycles per sample; errors below -60 dB there.
class Interpolator
{
public:
    Interpolator();

    /// to[n] = x(first + n rate) for n = 0 .. length - 1. Beyond its ends the signal goes on as its mirror image
    /// about the first and the last sample, as far as `length` - 1 samples.
    void read(const float* x, int length, double first, double rate, float* to);

private:
    void extend(const float* x, int length, int margin);

    static constexpr int kReach = 16;

    dsp::FractionalInterpolator<float, kReach> between_;
    std::vector<float> extended_; ///< the signal with its mirror images
};

/// An augmentation by its name.
struct Augmentation {
    const char* name;
    bool AugmentConfig::*chosen;
};
const std::vector<Augmentation>& augmentations(); ///< rotate, conjugate, shift, resample, noise

/// Chooses exactly these by name; "none" alone chooses nothing. Throws `Error` for an unknown name.
void choose_augmentations(AugmentConfig& config, const std::vector<std::string>& names);

/// Works frame by frame. Not thread-safe: it has scratch memory.
class Augmenter
{
public:
    Augmenter(const AugmentConfig& config, const FrontEndSpec& front_end,
              const std::vector<std::string>& class_names);

    /// Changes a frame [2, L], I then Q, and its label (index into the class names) in place.
    /// `snr_db` is taken over the whole rate of the frame: the noise already there has power P / (1 + SNR). Where
    /// the label of a data set means another SNR, the fall differs. After noise or resampling the frame has the
    /// front end's scale again.
    void apply(float* frame, std::int64_t& label, float snr_db, Rng& rng);

    bool relabels() const; ///< whether a frame can change its class

private:
    void shift(float* frame, Rng& rng);
    void resample(float* frame, Rng& rng);
    void add_noise(float* frame, float snr_db, Rng& rng) const;

    AugmentConfig config_;
    FrontEndSpec front_end_;
    std::vector<std::int64_t> mirror_; ///< of each label; -1: not among the class names
    Interpolator interpolator_;
    std::vector<float> scratch_;
};

/// Disturbs one frame [2, L] in place as `attack` (noise, offset or phase_noise) says:
///   noise        x + n, n white of the level below the frame's power; then the front end's scale
///   offset       x e^{+-j 2 pi f n}, the sign drawn
///   phase_noise  x e^{j phi}, phi a random walk from 0 whose variance, averaged over the frame, is the level in
///   rad^2
void impair(float* frame, const FrontEndSpec& front_end, const Attack& attack, Rng rng);

} // namespace prunedamr::train
