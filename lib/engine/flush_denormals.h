// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

namespace prunedamr::engine {

/// While it lives, this thread takes numbers below 1.2e-38 for zero, as operands and as results: a gate that is
/// shut, or silence, would else make a frame several times slower on some processors. The mode before comes back.
/// It holds for what is called, not for arithmetic beside it, which compilers move.
class FlushDenormals
{
public:
    FlushDenormals() : before_(mode()) { set(before_ | kFlush); }
    ~FlushDenormals() { set(before_); }
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

private:
#if defined(__SSE__)
    using Mode = unsigned;
    static constexpr Mode kFlush = 0x8040; ///< FTZ and DAZ
    static Mode mode()
    {
        return _mm_getcsr();
    }
    static void set(Mode mode)
    {
        _mm_setcsr(mode);
    }
#elif defined(__aarch64__)
    using Mode = std::uint64_t;
    static constexpr Mode kFlush = 1U << 24; ///< FZ
    static Mode mode()
    {
        Mode found;
        asm volatile("mrs %0, fpcr" : "=r"(found));
        return found;
    }
    static void set(Mode mode)
    {
        asm volatile("msr fpcr, %0" : : "r"(mode));
    }
#else
    using Mode = int;
    static constexpr Mode kFlush = 0;
    static Mode mode()
    {
        return 0;
    }
    static void set(Mode) {}
#endif

    Mode before_;
};

} // namespace prunedamr::engine
