// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/front_end_spec.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/train/interpolator.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::train {

/// What is done at random to every training frame. Each keeps the class, or gives the frame its new one.
/// Time reversal is not among them: it is not exact for speech, for chirps or for OFDM's cyclic prefix.
struct AugmentConfig {
    bool rotate = true;     ///< phase rotation, uniform on [0, 2 pi): exact
    bool conjugate = false; ///< spectral mirror, every second frame: exact; the label becomes `mirror_of` it
    bool shift = false;     ///< cyclic, whole samples: every sample stays a true one, the seam is new
    bool resample = false;  ///< clock offset about the frame's middle: exact up to the interpolation
    bool noise = false;     ///< complex white noise; frames without SNR are left

    double shift_share = 1.0 / 16; ///< shift: most, either way, share of the frame
    double resample_ppm = 5000;    ///< resample: largest clock offset, either way
    double noise_db = 6;           ///< noise: largest fall of the SNR, uniform from 0
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

} // namespace prunedamr::train
