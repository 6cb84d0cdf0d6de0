// SPDX-License-Identifier: GPL-3.0-or-later
// A program's own malloc stands before glibc's, for shared libraries too.
#include "tests/dsp/allocations.h"

#include <cerrno>
#include <cstdlib>

namespace {

thread_local std::size_t count = 0;

} // namespace

std::size_t prunedamr::test::allocations() noexcept
{
    return count;
}

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t n, std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size)
{
    ++count;
    return __libc_malloc(size);
}

void* calloc(std::size_t n, std::size_t size)
{
    ++count;
    return __libc_calloc(n, size);
}

void* realloc(void* p, std::size_t size)
{
    ++count;
    return __libc_realloc(p, size);
}

void* memalign(std::size_t alignment, std::size_t size)
{
    ++count;
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void** p, std::size_t alignment, std::size_t size)
{
    *p = memalign(alignment, size);
    return *p ? 0 : ENOMEM;
}

} // extern "C"
