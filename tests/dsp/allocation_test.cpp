// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dsp/allocations.h"
#include "tests/dsp/signals.h"
#include "prunedamr/dsp/front_end.h"

#include <gtest/gtest.h>

#include <fftw3.h>

using namespace prunedamr;
using namespace prunedamr::test;

namespace {

std::size_t allocations_of(dsp::FrontEnd& front_end, const Samples& x, std::vector<float>& frames)
{
    const std::size_t before = allocations();
    front_end.process(x.data(), static_cast<int>(x.size()), frames.data());
    return allocations() - before;
}

} // namespace

TEST(Allocations, CounterSeesEveryKind)
{
    const std::size_t before = allocations();
    // Volatile, or the compiler may leave out a pair of allocation and release.
    void* volatile by_new = ::operator new(100);
    void* volatile by_malloc = std::malloc(7);
    void* volatile by_library = fftwf_malloc(64);
    EXPECT_EQ(allocations() - before, 3u);
    ::operator delete(by_new);
    std::free(by_malloc);
    fftwf_free(by_library);
}

TEST(Allocations, FrontEndMakesNoneFromItsFirstBlockOn)
{
    FrontEndSpec spec;
    std::vector<Samples> inputs;
    for (const double bandwidth : { 0.01, 0.1, 0.2, 0.3, 0.45 })
        inputs.push_back(band_noise(8192, 0.2, bandwidth, 1.0, 1) + white_noise(8192, 0.01, 2));
    for (const int count : { 0, 1, 128, 1500, 8192 })
        inputs.push_back(white_noise(count, 1.0, 3));
    inputs.push_back(Samples(8192));
    for (const auto kind : { FrontEndSpec::Kind::auto_band, FrontEndSpec::Kind::as_is }) {
        spec.kind = kind;
        dsp::FrontEnd front_end(spec);
        std::vector<float> frames(static_cast<std::size_t>(front_end.max_frames()) * 2 * spec.frame_length);
        for (const auto& x : inputs)
            EXPECT_EQ(allocations_of(front_end, x, frames), 0u) << to_string(kind) << ", " << x.size();
    }
}
