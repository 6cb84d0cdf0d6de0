// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#ifdef __SSE__
#include <xmmintrin.h>
#endif

namespace prunedamr::engine {

/// While it lives, this thread flushes denormals (below 1.2e-38) to zero, as operands and as results. Denormals,
/// e.g. from a closed sigmoid gate or from silence, slow some CPUs down. Restores the previous mode.
class FlushDenormals
{
public:
    FlushDenormals() : before_(mode()) { set_mode(before_ | kFlush); }
    ~FlushDenormals() { set_mode(before_); }
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

private:
#if defined(__SSE__)
    static constexpr std::uint64_t kFlush = 0x8040; // FTZ and DAZ
    static std::uint64_t mode()
    {
        return _mm_getcsr();
    }
    static void set_mode(std::uint64_t mode)
    {
        _mm_setcsr(static_cast<unsigned>(mode));
    }
#elif defined(__aarch64__)
    static constexpr std::uint64_t kFlush = 1U << 24; // FZ
    static std::uint64_t mode()
    {
        std::uint64_t found;
        asm volatile("mrs %0, fpcr" : "=r"(found));
        return found;
    }
    static void set_mode(std::uint64_t mode)
    {
        asm volatile("msr fpcr, %0" : : "r"(mode));
    }
#else
    static constexpr std::uint64_t kFlush = 0;
    static std::uint64_t mode()
    {
        return 0;
    }
    static void set_mode(std::uint64_t) {}
#endif

    std::uint64_t before_; ///< control register of the processor
};

} // namespace prunedamr::engine
