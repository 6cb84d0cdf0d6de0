// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/published/mat_layout.h"

namespace prunedamr::data {
namespace {

constexpr std::size_t kMinLength = 16;
constexpr std::size_t kMaxLength = 65536;

/// `roles` of the axes of extent above 1, in order: n frames, c channels, k samples. A single frame has an axis of
/// extent 1.
std::optional<MatLayout> match(const MatVariable& variable, std::size_t frames, std::string roles)
{
    MatLayout layout;
    layout.frames = frames;
    std::vector<std::size_t> axes;
    bool frame_axis = frames > 1;
    for (std::size_t axis = 0; axis < variable.extents.size(); ++axis)
        if (variable.extents[axis] != 1) {
            axes.push_back(axis);
        } else if (frames == 1) {
            layout.frame_axis = axis;
            frame_axis = true;
        }
    if (frames == 1)
        roles.erase(roles.find('n'), 1);
    if (!frame_axis || axes.size() != roles.size())
        return std::nullopt;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const std::size_t extent = variable.extents[axes[i]];
        if (roles[i] == 'n' && extent == frames)
            layout.frame_axis = axes[i];
        else if (roles[i] == 'c' && extent == 2)
            layout.channel_axis = axes[i];
        else if (roles[i] == 'k' && extent >= kMinLength && extent <= kMaxLength)
            layout.sample_axis = axes[i];
        else
            return std::nullopt;
    }
    layout.length = variable.extents[layout.sample_axis];
    return layout;
}

} // namespace

std::optional<MatLayout> find_layout(const MatVariable& variable, std::size_t frames)
{
    const std::vector<std::string> orders = variable.is_complex
                                                ? std::vector<std::string>{ "nk", "kn" }
                                                : std::vector<std::string>{ "nck", "nkc", "ckn", "kcn" };
    for (const auto& order : orders)
        if (const auto layout = match(variable, frames, order))
            return layout;
    return std::nullopt;
}

void MatLayout::frames_of(const MatSlab& slab, const std::vector<std::size_t>& extents, float* out) const
{
    const auto stride = [&](std::size_t axis) {
        std::size_t elements = 1;
        for (std::size_t below = 0; below < axis; ++below)
            elements *= extents[below];
        return elements;
    };
    const std::size_t frame_step = stride(frame_axis), sample_step = stride(sample_axis);
    const std::size_t channel_step = channel_axis ? stride(*channel_axis) : 0;
    const std::vector<double>& quadrature = channel_axis ? slab.real : slab.imaginary;
    for (std::size_t n = 0; n < extents[frame_axis]; ++n)
        for (std::size_t k = 0; k < length; ++k) {
            const std::size_t at = n * frame_step + k * sample_step;
            float* frame = out + 2 * n * length;
            frame[k] = static_cast<float>(slab.real[at]);
            frame[length + k] = static_cast<float>(quadrature[at + channel_step]);
        }
}

} // namespace prunedamr::data
