// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo/architectures.h"

#include <algorithm>

namespace prunedamr::graph {
namespace {

constexpr int kKernel = 5;
constexpr int kShuffleGroups = 2;
constexpr int kReduction = 16;
constexpr std::size_t kFusedStages = 3; ///< the head adds the means of the last ones

/// sigmoid of a two-layer network applied to mean and maximum of each channel alike, times the channel. The authors
/// add the two results; the mean of both, taken here, is the same with halved weights.
std::string attention(NetworkBuilder& build, const std::string& input, int channels)
{
    const Shape shape = build.shape(input);
    const ConvGeometry whole = { 1, static_cast<int>(shape.width), 1, static_cast<int>(shape.width) };
    const auto mean = build.plain(Op::global_avg_pool, "attention.mean", { input });
    const auto peak = build.pool(Op::max_pool, "attention.peak", input, whole);
    auto x = build.plain(Op::concat_width, "attention.both", { mean, peak });
    x = build.conv("attention.squeeze", x, { std::max(1, channels / kReduction), {}, 1, true });
    x = build.plain(Op::relu, "attention.relu", { x });
    x = build.conv("attention.excite", x, { channels, {}, 1, true });
    x = build.plain(Op::global_avg_pool, "attention.join", { x });
    x = build.plain(Op::sigmoid, "attention.sigmoid", { x });
    return build.plain(Op::mul, "attention.mul", { input, x });
}

/// The paper's "channel shuffle" is, in the authors' code, a shuffle of the two halves of the *time* axis. That is
/// what their published accuracy was reached with, so it is what stands here; frames of odd width are left as they
/// are.
std::string mobile_unit(NetworkBuilder& build, const UnitPlace& place)
{
    const ConvGeometry window = same_window(1, kKernel, 1, place.transition ? 2 : 1);
    auto x = build.conv("depthwise", place.input, { place.in_channels, window, place.in_channels });
    x = build.conv("pointwise", x, { place.out_channels, {}, 1, true });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    if (build.shape(x).width % kShuffleGroups == 0)
        x = build.shuffle(Op::position_shuffle, "shuffle", x, kShuffleGroups);
    return attention(build, x, place.out_channels);
}

} // namespace

void build_ulcnn(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    NetworkBuilder build(network);
    const int channels = stages.front().channels; // complex filters are half as many
    auto x = build.plain(Op::input, "input", {});
    x = build.plain(Op::as_image, "image", { x });
    build.begin_unit("stem", 0, false, false);
    x = build.conv("conv", x, { channels, same_window(1, kKernel), 1, true });
    x = build.plain(Op::complex_sum, "sum", { x });
    x = build.plain(Op::complex_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    build.end_unit();
    const auto outputs = build_stages(build, x, channels, stages, true, mobile_unit);
    std::vector<std::string> means;
    for (std::size_t s = outputs.size() - kFusedStages; s < outputs.size(); ++s)
        means.push_back(build.plain(Op::global_avg_pool, "mean" + std::to_string(s + 1), { outputs[s] }));
    build.linear("fc", build.plain(Op::add, "fuse", means), classes);
}

} // namespace prunedamr::graph
