// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::recording {

/// Sample formats by SigMF's names (https://sigmf.org, core:datatype); 24 bits are known to WAV files and raw
/// recordings only. Complex ones first; the real-valued ones (r...) become complex by `RealToComplex`.
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
    cf64_be,
    ru8,
    ri8,
    ru16_le,
    ru16_be,
    ri16_le,
    ri16_be,
    ri24_le,
    ru32_le,
    ru32_be,
    ri32_le,
    ri32_be,
    rf32_le,
    rf32_be,
    rf64_le,
    rf64_be
};

PRUNEDAMR_API std::vector<SampleFormat> sample_formats(); ///< all of them

/// By SigMF's name, or by one that programs of the field use (sc16, s16, fc32, complex64, u8, int16, ...): those
/// mean pairs of I and Q. Upper or lower case; without byte order little endian. Throws `Error` listing the names.
PRUNEDAMR_API SampleFormat sample_format(const std::string& name);
PRUNEDAMR_API const char* to_string(SampleFormat format);
PRUNEDAMR_API int bytes_per_sample(SampleFormat format); ///< per complex sample 2..16, per real one 1..8
PRUNEDAMR_API bool is_real(SampleFormat format);

/// What a file's extension (".cs16") tells; nothing when it is none of the field's.
std::optional<SampleFormat> format_of_extension(const std::string& extension);
std::string raw_extensions(); ///< the known extensions, for messages

/// Raw bytes to samples; integer full scale becomes |I|, |Q| = 1: signed b bits x / 2^(b-1), unsigned
/// (x - m) / m with m = (2^b - 1) / 2. Of a real-valued format Q = 0. Does not allocate.
PRUNEDAMR_API void convert(SampleFormat format, const std::byte* bytes, std::size_t samples,
                           std::complex<float>* out) noexcept;

/// Real samples at rate R to the analytic signal at rate R / 2 whose 0 Hz is their R / 4: the band 0..R/2 becomes
/// -R/4..R/4, a tone of amplitude A stays one. Output m is centered at input 2m. By a windowed Hilbert transformer
/// of 2 `kReach` + 1 taps (Oppenheim, Schafer: Discrete-Time Signal Processing, 12.4): within 0.02 R of the band's
/// edges the image is less than 60 dB below.
class PRUNEDAMR_API RealToComplex
{
public:
    static constexpr std::size_t kReach = 63; ///< inputs before and behind 2m that output m needs

    RealToComplex();

    /// As if `zeros` inputs of 0 had come before the next one, and nothing else. The very first output needs
    /// `kReach` of them; at `first_output` > 0 inputs 2 first_output - kReach and on must come instead.
    void restart(std::size_t zeros, std::uint64_t first_output);

    /// `count` inputs (their real parts) to as many outputs as they complete: at most (count + 1) / 2. May work in
    /// place. Does not allocate.
    std::size_t process(const std::complex<float>* in, std::size_t count, std::complex<float>* out) noexcept;

private:
    void push(float x) noexcept;

    std::array<float, (kReach + 1) / 2> taps_{};     ///< of the odd inputs 1, 3, ... behind the center
    std::array<float, 2 * (2 * kReach + 1)> line_{}; ///< the last inputs, twice, so that they lie in a row
    std::size_t at_ = 0, needed_ = 0;                ///< inputs until the next output
    bool negative_ = false;                          ///< sign of the next output
};

} // namespace prunedamr::recording
