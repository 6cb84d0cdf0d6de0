// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <string>

namespace prunedamr::receiver::hub {

inline constexpr int kThumbnailWidth = 192, kThumbnailHeight = 96; ///< pixels: time to the right, frequency upward

/// A spectrogram of samples [count] as the bytes of a PNG file, 8 bits gray: its brightness is in dB, from the median to the
/// strongest. Of many samples some are looked at. Fewer than 96: a black picture.
std::string spectrogram_png(const std::complex<float>* samples, std::size_t count);

} // namespace prunedamr::receiver::hub
