// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/batch_stream.h"

#include "prunedamr/train/data_parallel.h"

#include <algorithm>

namespace prunedamr::train {

BatchStream::BatchStream(const Page& page, int batch, Augmenter& augmenter, const Rng& rng,
                         const ProcessGroup& processes)
    : page_(page), processes_(processes), size_(static_cast<std::size_t>(batch * processes.size())),
      least_(static_cast<std::size_t>(std::max(2, processes.size()))), augmenter_(augmenter), rng_(rng)
{
}

bool BatchStream::has(std::size_t number) const
{
    return number * size_ + least_ <= page_.order.size();
}

bool BatchStream::next(Batch& batch)
{
    if (!has(number_))
        return false;
    batch = next_.valid() ? next_.get() : prepare(number_);
    ++number_;
    if (has(number_))
        next_ = std::async(std::launch::async, [this, number = number_] { return prepare(number); });
    return true;
}

double BatchStream::share() const
{
    return static_cast<double>((number_ - 1) * size_) / static_cast<double>(page_.order.size());
}

Batch BatchStream::prepare(std::size_t number) const
{
    const data::Dataset& dataset = *page_.frames;
    const std::size_t begin = number * size_;
    const std::size_t frames = std::min(size_, page_.order.size() - begin);
    const Share share = share_of(frames, processes_);
    const std::size_t first = begin + share.first;
    Batch batch = gather(dataset, page_.order, first, share.count);
    batch.elsewhere = static_cast<std::int64_t>(frames - share.count);
    float* frame = batch.frames.data_ptr<float>();
    std::int64_t* label = batch.labels.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < batch.labels.size(0); ++i, frame += 2 * dataset.length(), ++label) {
        const std::size_t place = first + static_cast<std::size_t>(i);
        const auto index = static_cast<std::size_t>(page_.order[place]);
        Rng rng = rng_.fork(place);
        augmenter_.apply(frame, *label, dataset.snr_db[index], rng);
        if (page_.labelled && !(*page_.labelled)[index])
            *label = kNoLabel;
    }
    return batch;
}

} // namespace prunedamr::train
