// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/fft.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/fft.h"

#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace prunedamr::synth {
namespace {

using Key = std::pair<std::size_t, dsp::FftDirection>;

Key key(std::size_t size, bool inverse)
{
    return { size, inverse ? dsp::FftDirection::backward : dsp::FftDirection::forward };
}

dsp::Fft make(const Key& key, const dsp::Fft*)
{
    return { static_cast<int>(key.first), key.second };
}

dsp::InverseRealFft make(std::size_t size, const dsp::InverseRealFft*)
{
    return dsp::InverseRealFft(static_cast<int>(size));
}

/// Looked up in the thread's own map first; the process's transforms live until its end.
template <typename Transform, typename Key> const Transform& transform_for(const Key& key)
{
    static std::mutex mutex;
    static std::map<Key, Transform> shared;
    thread_local std::map<Key, const Transform*> own;
    const Transform*& transform = own[key];
    if (!transform) {
        const std::lock_guard<std::mutex> lock(mutex);
        auto at = shared.find(key);
        if (at == shared.end())
            at = shared.emplace(key, make(key, transform)).first;
        transform = &at->second;
    }
    return *transform;
}

/// Out of place, which FFTW does faster, into a buffer that then changes places with the data.
void transform(Samples& data, bool inverse)
{
    if (data.empty())
        return;
    thread_local Samples out;
    out.resize(data.size());
    transform_for<dsp::Fft>(key(data.size(), inverse)).run(data.data(), out.data());
    data.swap(out);
}

} // namespace

void transform_forward(Samples& data)
{
    transform(data, false);
}

void transform_inverse(Samples& data)
{
    transform(data, true);
}

void transform_parts(Samples& in, Samples& out, std::size_t size, bool inverse)
{
    const dsp::Fft& fft = transform_for<dsp::Fft>(key(size, inverse));
    for (std::size_t first = 0; first < in.size(); first += size)
        fft.run(in.data() + first, out.data() + first);
}

std::vector<float> transform_inverse_real(Samples& bins, int size)
{
    PRUNEDAMR_CHECK(bins.size() == static_cast<std::size_t>(size / 2 + 1), "bins 0..size/2");
    std::vector<float> out(static_cast<std::size_t>(size));
    transform_for<dsp::InverseRealFft>(out.size()).run(bins.data(), out.data());
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
