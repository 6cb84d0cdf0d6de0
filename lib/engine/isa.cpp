// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/isa.h"

#include "prunedamr/base/error.h"

#include <cstdlib>
#include <string>

namespace prunedamr::engine {
namespace {

enum class Level { portable, avx2, avx512 };

Level allowed_level()
{
    const char* value = std::getenv("PRUNEDAMR_ISA");
    const std::string name = value ? value : "";
    if (name == "portable")
        return Level::portable;
    if (name == "avx2")
        return Level::avx2;
    if (name == "avx512" || name.empty())
        return Level::avx512;
    throw Error{ { "unknown instruction set", "PRUNEDAMR_ISA", "'" + name + "'", "portable, avx2 or avx512" } };
}

} // namespace

const Kernels& choose_kernels()
{
    [[maybe_unused]] const Level allowed = allowed_level();
#ifdef PRUNEDAMR_X86
    if (allowed >= Level::avx512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return kAvx512Kernels;
    if (allowed >= Level::avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return kAvx2Kernels;
#endif
    return kPortableKernels;
}

} // namespace prunedamr::engine
