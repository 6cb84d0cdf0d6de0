// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture_frames.h"

#include "prunedamr/base/error.h"
#include "prunedamr/data/recording.h"
#include "prunedamr/dsp/front_end.h"

#include <algorithm>
#include <filesystem>

namespace prunedamr::workshop {
namespace {

std::int32_t class_index(data::Dataset& dataset, const std::string& label)
{
    auto& names = dataset.class_names;
    const auto at = std::find(names.begin(), names.end(), label);
    const auto index = static_cast<std::int32_t>(at - names.begin());
    if (at == names.end())
        names.push_back(label);
    return index;
}

/// Cuts samples[count] of one label, block by block.
void cut(dsp::FrontEnd& front_end, const std::complex<float>* samples, std::uint64_t count,
         const std::string& label, std::int64_t group, data::Dataset& dataset)
{
    const auto& spec = front_end.spec();
    std::vector<float> frames(static_cast<std::size_t>(front_end.max_frames()) * 2 * spec.frame_length);
    for (std::uint64_t at = 0; at < count; at += static_cast<std::uint64_t>(front_end.block_length())) {
        const int length = static_cast<int>(std::min<std::uint64_t>(front_end.block_length(), count - at));
        const auto info = front_end.process(samples + at, length, frames.data());
        for (int i = 0; i < info.frames; ++i) {
            const auto begin = frames.begin() + i * 2 * spec.frame_length;
            dataset.frames.insert(dataset.frames.end(), begin, begin + 2 * spec.frame_length);
            dataset.label.push_back(class_index(dataset, label));
            dataset.snr_db.push_back(info.snr_db);
            dataset.group.push_back(group);
            dataset.part.push_back(data::Part::train);
        }
    }
}

} // namespace

bool is_capture(const std::string& path)
{
    return std::filesystem::path(path).extension().string().rfind(".sigmf", 0) == 0;
}

data::Dataset capture_frames(const std::string& path, const FrontEndSpec& spec)
{
    data::Recording recording(path, {});
    const auto& info = recording.info();
    std::vector<std::complex<float>> samples(info.sample_count);
    samples.resize(recording.read(samples.data(), samples.size()));
    data::Dataset dataset;
    dataset.front_end = spec;
    dsp::FrontEnd front_end(spec);
    std::int64_t group = 0;
    for (const auto& note : info.annotations)
        if (!note.label.empty() && note.sample_start < samples.size())
            cut(front_end, samples.data() + note.sample_start,
                std::min<std::uint64_t>(note.sample_count, samples.size() - note.sample_start), note.label, group++,
                dataset);
    if (group == 0)
        cut(front_end, samples.data(), samples.size(), "unlabelled", 0, dataset);
    if (dataset.size() == 0)
        throw Error({ "no stretch is long enough for a frame", path, "",
                      "at least " + std::to_string(front_end.min_samples()) + " samples" });
    return dataset;
}

} // namespace prunedamr::workshop
