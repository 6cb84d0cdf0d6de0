// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels/kernels.h"

#include "prunedamr/base/error.h"

#include <cstdlib>

#ifdef PRUNEDAMR_X86
#include <cpuid.h>
#endif
#ifdef PRUNEDAMR_ARM64
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace prunedamr::engine {
namespace {

struct Level {
    KernelSet kernels;
    bool (*runs_here)();
};

bool always()
{
    return true;
}

#if defined(PRUNEDAMR_X86)
bool has_avx2()
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
bool has_avx_vnni()
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0; // leaf 7.1, bit 4 (clang 14 has no name for it)
    return has_avx2() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & 1u << 4) != 0;
}
bool has_avx512()
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
bool has_vnni()
{
    return has_avx512() && __builtin_cpu_supports("avx512vnni");
}
#elif defined(PRUNEDAMR_ARM64)
bool has_dotprod()
{
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
}
bool has_i8mm()
{
    return has_dotprod() && (getauxval(AT_HWCAP2) & HWCAP2_I8MM);
}
#endif

constexpr Level kLevels[] = {
    { { "portable", &kPortableFloat32, &kPortableInt8 }, always },
#if defined(PRUNEDAMR_X86)
    { { "avx2", &kAvx2Float32, &kAvx2Int8 }, has_avx2 },
    { { "avx-vnni", &kAvx2Float32, &kAvxVnniInt8 }, has_avx_vnni },
    { { "avx512", &kAvx512Float32, &kAvx512Int8 }, has_avx512 },
    { { "avx512-vnni", &kAvx512Float32, &kAvx512VnniInt8 }, has_vnni },
#elif defined(PRUNEDAMR_ARM64)
    { { "neon", &kNeonFloat32, &kNeonInt8 }, always },
    { { "neon-dotprod", &kNeonFloat32, &kNeonDotprodInt8 }, has_dotprod },
    { { "neon-i8mm", &kNeonFloat32, &kNeonI8mmInt8 }, has_i8mm },
#endif
};

/// The last level that may be used.
const Level* limit()
{
    const char* value = std::getenv("PRUNEDAMR_ISA");
    const std::string name = value ? value : "";
    if (name.empty())
        return std::end(kLevels) - 1;
    std::string known;
    for (const Level& level : kLevels) {
        if (name == level.kernels.name)
            return &level;
        known += (known.empty() ? "" : ", ") + std::string(level.kernels.name);
    }
    throw Error{ { "unknown instruction set", "PRUNEDAMR_ISA", "'" + name + "'", "one of " + known } };
}

} // namespace

std::vector<std::string> instruction_sets()
{
    std::vector<std::string> names;
    for (const Level& level : kLevels)
        names.emplace_back(level.kernels.name);
    return names;
}

const KernelSet& choose_kernels()
{
    const Level* level = limit();
    while (!level->runs_here())
        --level;
    return level->kernels;
}

} // namespace prunedamr::engine
