// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/frame_scale.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::data {
namespace {

constexpr double kTolerance = 0.001;

double size_of(const FrontEndSpec& front_end, const float* frame)
{
    const bool magnitude = front_end.scale == FrontEndSpec::Scale::unit_magnitude;
    double sum = 0.0;
    for (int k = 0; k < front_end.frame_length; ++k) {
        const double i = frame[k], q = frame[front_end.frame_length + k];
        sum += magnitude ? std::hypot(i, q) : i * i + q * q;
    }
    return magnitude ? sum : std::sqrt(sum / front_end.frame_length);
}

bool needs_scaling(double size)
{
    return size > 0.0 && std::abs(size - 1.0) > kTolerance;
}

} // namespace

void scale_frame(const FrontEndSpec& front_end, float* frame)
{
    const double size = size_of(front_end, frame);
    if (!needs_scaling(size))
        return;
    for (int k = 0; k < 2 * front_end.frame_length; ++k)
        frame[k] = static_cast<float>(frame[k] / size);
}

void ScaleSample::add(const float* frame)
{
    const double size = size_of(front_end_, frame);
    lowest_ = frames_ == 0 ? size : std::min(lowest_, size);
    highest_ = std::max(highest_, size);
    rescaled_ += needs_scaling(size);
    ++frames_;
}

nlohmann::json ScaleSample::report() const
{
    return {
        { "sampled_frames", frames_ }, { "lowest", lowest_ }, { "highest", highest_ }, { "rescaled", rescaled_ }
    };
}

void resize_piece(Dataset& piece, std::int64_t count, std::int64_t length)
{
    const auto frames = static_cast<std::size_t>(count);
    piece.frames.resize(frames * 2 * static_cast<std::size_t>(length));
    piece.label.resize(frames);
    piece.snr_db.resize(frames);
    piece.group.resize(frames);
    piece.part.assign(frames, Part::train);
}

} // namespace prunedamr::data
