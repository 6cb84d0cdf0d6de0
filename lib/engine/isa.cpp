// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/isa.h"

#include "prunedamr/base/error.h"

#include <cstdlib>
#include <string>

namespace prunedamr::engine {
namespace {

enum class Level { portable, avx2, avx512, vnni };

Level allowed_level()
{
    const char* value = std::getenv("PRUNEDAMR_ISA");
    const std::string name = value ? value : "";
    if (name == "portable")
        return Level::portable;
    if (name == "avx2")
        return Level::avx2;
    if (name == "avx512")
        return Level::avx512;
    if (name == "avx512-vnni" || name.empty())
        return Level::vnni;
    throw Error{ { "unknown instruction set", "PRUNEDAMR_ISA", "'" + name + "'",
                   "portable, avx2, avx512 or avx512-vnni" } };
}

constexpr KernelSet kPortable = { "portable", &kPortableKernels, &kPortableByteKernels };
#ifdef PRUNEDAMR_X86
constexpr KernelSet kAvx2 = { "avx2", &kAvx2Kernels, &kAvx2ByteKernels };
constexpr KernelSet kAvx512 = { "avx512", &kAvx512Kernels, &kAvx512ByteKernels };
constexpr KernelSet kVnni = { "avx512-vnni", &kAvx512Kernels, &kVnniByteKernels };
#endif

} // namespace

const KernelSet& choose_kernels()
{
    [[maybe_unused]] const Level allowed = allowed_level();
#ifdef PRUNEDAMR_X86
    if (allowed >= Level::avx512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return allowed >= Level::vnni && __builtin_cpu_supports("avx512vnni") ? kVnni : kAvx512;
    if (allowed >= Level::avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return kAvx2;
#endif
    return kPortable;
}

} // namespace prunedamr::engine
