// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dsp/allocations.h"
#include "tests/engine/engines.h"
#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace prunedamr;
using namespace prunedamr::test;

TEST(Allocations, CounterSeesEveryKind)
{
    const std::size_t before = allocations();
    // Volatile, or the compiler may leave out a pair of allocation and release.
    void* volatile by_new = ::operator new(100);
    void* volatile by_aligned_new = ::operator new(128, std::align_val_t(64));
    void* volatile by_malloc = std::malloc(7);
    void* volatile by_calloc = std::calloc(3, 5);
    void* volatile by_realloc = std::realloc(by_calloc, 4000);
    void* volatile by_aligned_alloc = std::aligned_alloc(64, 128);
    void* by_posix_memalign = nullptr;
    EXPECT_EQ(posix_memalign(&by_posix_memalign, 64, 128), 0);
    EXPECT_EQ(allocations() - before, 7u);
    ::operator delete(by_new);
    ::operator delete(by_aligned_new, std::align_val_t(64));
    for (void* p : { static_cast<void*>(by_malloc), static_cast<void*>(by_realloc),
                     static_cast<void*>(by_aligned_alloc), by_posix_memalign })
        std::free(p);
}

TEST(Allocations, NativeRunMakesNoneFromItsFirstFrameOn)
{
    std::vector<graph::Network> networks;
    for (const auto& architecture : graph::architectures())
        networks.push_back(zoo_network(architecture.name, 32));
    for (const char* name : { "resnet56", "ulcnn", "amr_s", "amr_ds_s" })
        networks.push_back(graph::quantized(zoo_network(name, 32), 1));
    for (const auto& network : networks) {
        const auto frames = graph::noise_frames(network, 64, 1);
        std::vector<float> logits(static_cast<std::size_t>(64 * network.classes()));
        for (const Way& way : native_ways()) {
            auto engine = make_engine(network, way);
            auto copy = engine.clone();
            const std::size_t before = allocations();
            for (int batch : { 1, 2, 13 }) {
                engine.run(frames.data(), batch, logits.data());
                copy.run(frames.data(), batch, logits.data());
            }
            EXPECT_EQ(allocations() - before, 0u) << graph::name_of(network) << ", " << to_string(way);
        }
    }
}
