// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/flush_denormals.h"

#ifdef __SSE__
#include <xmmintrin.h>
#endif

namespace prunedamr::engine {
namespace {

#if defined(__SSE__)
constexpr std::uint64_t kFlush = 0x8040; // FTZ and DAZ

std::uint64_t mode()
{
    return _mm_getcsr();
}

void set_mode(std::uint64_t mode)
{
    _mm_setcsr(static_cast<unsigned>(mode));
}
#elif defined(__aarch64__)
constexpr std::uint64_t kFlush = 1U << 24; // FZ

std::uint64_t mode()
{
    std::uint64_t found;
    asm volatile("mrs %0, fpcr" : "=r"(found));
    return found;
}

void set_mode(std::uint64_t mode)
{
    asm volatile("msr fpcr, %0" : : "r"(mode));
}
#else
constexpr std::uint64_t kFlush = 0;

std::uint64_t mode()
{
    return 0;
}

void set_mode(std::uint64_t) {}
#endif

} // namespace

FlushDenormals::FlushDenormals() : before_(mode())
{
    set_mode(before_ | kFlush);
}

FlushDenormals::~FlushDenormals()
{
    set_mode(before_);
}

} // namespace prunedamr::engine
