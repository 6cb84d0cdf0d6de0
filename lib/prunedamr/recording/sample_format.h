// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <complex>
#include <cstddef>
#include <string>
#include <vector>

namespace prunedamr::recording {

/// Complex sample formats by SigMF's names (https://sigmf.org, core:datatype); ci24_le is known to WAV files and
/// raw recordings only. A name without byte order means little endian.
enum class SampleFormat {
    cu8,
    ci8,
    cu16_le,
    cu16_be,
    ci16_le,
    ci16_be,
    ci24_le,
    cu32_le,
    cu32_be,
    ci32_le,
    ci32_be,
    cf32_le,
    cf32_be,
    cf64_le,
    cf64_be
};

PRUNEDAMR_API std::vector<SampleFormat> sample_formats(); ///< all of them

/// Throws `Error` listing the known names; real-valued formats (rf32_le, ...) are refused as such.
PRUNEDAMR_API SampleFormat sample_format(const std::string& name);
PRUNEDAMR_API const char* to_string(SampleFormat format);
PRUNEDAMR_API int bytes_per_sample(SampleFormat format); ///< per complex sample, 2..16

/// Raw bytes to samples; integer full scale becomes |I|, |Q| = 1: signed b bits x / 2^(b-1), unsigned
/// (x - m) / m with m = (2^b - 1) / 2. Does not allocate.
PRUNEDAMR_API void convert(SampleFormat format, const std::byte* bytes, std::size_t samples,
                           std::complex<float>* out) noexcept;

} // namespace prunedamr::recording
