// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/fft.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/fftw_planner.h"

#include <fftw3.h>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace prunedamr::synth {
namespace {

static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= 16, "vectors are aligned as FFTW wants them");

enum class Kind { forward, inverse, inverse_real };

fftwf_complex* fftw(Samples& data)
{
    return reinterpret_cast<fftwf_complex*>(data.data());
}

/// With the planner's lock held.
fftwf_plan make_plan(int size, Kind kind)
{
    Samples in(static_cast<std::size_t>(size)), out(in.size());
    const fftwf_plan plan =
        kind == Kind::inverse_real
            ? fftwf_plan_dft_c2r_1d(size, fftw(in), reinterpret_cast<float*>(out.data()), FFTW_ESTIMATE)
            : fftwf_plan_dft_1d(size, fftw(in), fftw(out), kind == Kind::forward ? FFTW_FORWARD : FFTW_BACKWARD,
                                FFTW_ESTIMATE);
    PRUNEDAMR_CHECK(plan != nullptr, "FFTW makes a plan for every size");
    return plan;
}

struct Destroy {
    void operator()(fftwf_plan_s* plan) const
    {
        const std::lock_guard<std::mutex> lock(dsp::fftw_planner_mutex());
        fftwf_destroy_plan(plan);
    }
};

/// Looked up in the thread's own map first; the process's plans live until its end.
fftwf_plan plan_for(std::size_t size, Kind kind)
{
    using Key = std::pair<std::size_t, Kind>;
    static std::mutex& mutex = dsp::fftw_planner_mutex(); // made before the plans, so that it outlives them
    static std::map<Key, std::unique_ptr<fftwf_plan_s, Destroy>> shared;
    thread_local std::map<Key, fftwf_plan> own;
    fftwf_plan& plan = own[{ size, kind }];
    if (!plan) {
        const std::lock_guard<std::mutex> lock(mutex);
        auto& first = shared[{ size, kind }];
        if (!first)
            first.reset(make_plan(static_cast<int>(size), kind));
        plan = first.get();
    }
    return plan;
}

/// Out of place, which FFTW does faster, into a buffer that then changes places with the data.
void transform(Samples& data, Kind kind)
{
    if (data.empty())
        return;
    thread_local Samples out;
    out.resize(data.size());
    fftwf_execute_dft(plan_for(data.size(), kind), fftw(data), fftw(out));
    data.swap(out);
}

} // namespace

void transform_forward(Samples& data)
{
    transform(data, Kind::forward);
}

void transform_inverse(Samples& data)
{
    transform(data, Kind::inverse);
}

void transform_parts(Samples& in, Samples& out, std::size_t size, bool inverse)
{
    const fftwf_plan plan = plan_for(size, inverse ? Kind::inverse : Kind::forward);
    for (std::size_t first = 0; first < in.size(); first += size)
        fftwf_execute_dft(plan, fftw(in) + first, fftw(out) + first);
}

std::vector<float> transform_inverse_real(Samples& bins, int size)
{
    PRUNEDAMR_CHECK(bins.size() == static_cast<std::size_t>(size / 2 + 1), "bins 0..size/2");
    std::vector<float> out(static_cast<std::size_t>(size));
    fftwf_execute_dft_c2r(plan_for(out.size(), Kind::inverse_real), fftw(bins), out.data());
    return out;
}

int fast_transform_size(int count)
{
    int power = 64;
    while (power < count)
        power *= 2;
    for (const int size : { power / 16 * 9, power / 4 * 3 })
        if (size >= count)
            return size;
    return power;
}

} // namespace prunedamr::synth
