// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/fft.h"

#include "prunedamr/dsp/fftw_planner.h"

#include <algorithm>
#include <fftw3.h>
#include <map>
#include <mutex>

namespace prunedamr::synth {
namespace {

/// One size and direction with its aligned buffer.
class Plan
{
public:
    Plan(int size, int direction) : buffer_(fftwf_alloc_complex(static_cast<std::size_t>(size)))
    {
        const std::lock_guard<std::mutex> lock(dsp::fftw_planner_mutex());
        plan_ = fftwf_plan_dft_1d(size, buffer_, buffer_, direction, FFTW_ESTIMATE);
    }
    ~Plan()
    {
        const std::lock_guard<std::mutex> lock(dsp::fftw_planner_mutex());
        fftwf_destroy_plan(plan_);
        fftwf_free(buffer_);
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;

    void run(Samples& data)
    {
        auto* buffer = reinterpret_cast<std::complex<float>*>(buffer_);
        std::copy(data.begin(), data.end(), buffer);
        fftwf_execute(plan_);
        std::copy(buffer, buffer + data.size(), data.begin());
    }

private:
    fftwf_complex* buffer_;
    fftwf_plan plan_;
};

} // namespace

struct Fft::Impl {
    std::map<std::pair<int, int>, Plan> plans;

    void run(Samples& data, int direction)
    {
        if (data.empty())
            return;
        const auto size = static_cast<int>(data.size());
        plans.try_emplace({ size, direction }, size, direction).first->second.run(data);
    }
};

Fft::Fft() : impl_(std::make_unique<Impl>()) {}
Fft::~Fft() = default;

Fft& Fft::of_this_thread()
{
    thread_local Fft fft;
    return fft;
}

int Fft::fast_size(int count)
{
    int power = 64;
    while (power < count)
        power *= 2;
    for (const int size : { power / 16 * 9, power / 4 * 3 })
        if (size >= count)
            return size;
    return power;
}

void Fft::forward(Samples& data)
{
    impl_->run(data, FFTW_FORWARD);
}
void Fft::inverse(Samples& data)
{
    impl_->run(data, FFTW_BACKWARD);
}

} // namespace prunedamr::synth
