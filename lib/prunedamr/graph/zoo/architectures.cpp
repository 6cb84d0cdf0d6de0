// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo/architectures.h"

#include <algorithm>

namespace prunedamr::graph {
namespace {

/// conv, norm, relu, conv, norm, add, relu; where the shape changes the shortcut is the mean of the unit's input,
/// zero-padded in channels and cut from the gradient, as the papers' code has it.
std::string cifar_unit(NetworkBuilder& build, const UnitPlace& place)
{
    const int stride = place.transition ? 2 : 1, channels = place.out_channels;
    auto x = build.conv("conv1", place.input, { channels, same_window(3, 3, stride, stride) });
    x = build.plain(Op::batch_norm, "bn1", { x });
    x = build.plain(Op::relu, "relu1", { x });
    x = build.conv("conv2", x, { channels, same_window(3, 3) });
    x = build.plain(Op::batch_norm, "bn2", { x });
    std::string shortcut = place.input;
    if (place.transition) {
        shortcut = build.plain(Op::global_avg_pool, "shortcut.pool", { shortcut });
        shortcut = build.pad_channels("shortcut.pad", shortcut, channels);
        shortcut = build.plain(Op::detach, "shortcut.detach", { shortcut });
    }
    x = build.plain(Op::add, "add", { x, shortcut });
    return build.plain(Op::relu, "relu2", { x });
}

} // namespace

void build_cifar_resnet(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    x = build.plain(Op::as_image, "image", { x });
    build.begin_unit("stem", 0, false, false);
    x = build.conv("conv", x, { stages.front().channels, same_window(3, 3) });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    build.end_unit();
    x = build_stages(build, x, stages.front().channels, stages, false, cifar_unit).back();
    x = build.plain(Op::global_avg_pool, "pool", { x });
    build.linear("fc", x, classes);
}

namespace {

// A padding of 3 lets two rows outlive four pools.
constexpr std::size_t kWideStages = 2;
constexpr int kWidePadding = 3;

} // namespace

/// Units are conv, norm, relu; a unit that changes width or, by its padding, size is a transition. Pools belong to
/// no unit. Convs have no bias, their norm has one [ours].
void build_vgg16(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    x = build.plain(Op::as_image, "image", { x });
    for (std::size_t s = 0; s < stages.size(); ++s) {
        const bool wide = s < kWideStages;
        const int pad = wide ? kWidePadding : 1;
        const std::string stage = "stage" + std::to_string(s + 1);
        for (int u = 0; u < stages[s].units; ++u) {
            const bool stem = s == 0 && u == 0;
            const int number = s == 0 ? u : u + 1; // the stem is not counted
            build.begin_unit(stem ? "stem" : stage + ".unit" + std::to_string(number),
                             stem ? 0 : static_cast<int>(s) + 1, !stem, !stem && (wide || u == 0));
            x = build.conv("conv", x, { stages[s].channels, { 3, 3, 1, 1, pad, pad } });
            x = build.plain(Op::batch_norm, "bn", { x });
            x = build.plain(Op::relu, "relu", { x });
            build.end_unit();
        }
        x = build.pool(Op::max_pool, stage + ".pool", x, { 2, 2, 2, 2 });
    }
    x = build.plain(Op::flatten, "flatten", { x });
    x = build.plain(Op::relu, "relu1", { build.linear("fc1", x, 256) });
    x = build.plain(Op::relu, "relu2", { build.linear("fc2", x, 128) });
    build.linear("fc", x, classes);
}

namespace {

constexpr double kCnn1dDropout = 0.3;
constexpr int kHidden = 128;

std::string cnn1d_unit(NetworkBuilder& build, const std::string& name, const std::string& input, int channels)
{
    auto x = build.conv(name + ".conv1", input, { channels, same_window(1, 3) });
    x = build.plain(Op::batch_norm, name + ".bn1", { x });
    x = build.plain(Op::relu, name + ".relu1", { x });
    x = build.conv(name + ".conv2", x, { channels, same_window(1, 3) });
    x = build.plain(Op::batch_norm, name + ".bn2", { x });
    x = build.plain(Op::add, name + ".add", { x, input });
    return build.plain(Op::relu, name + ".relu2", { x });
}

} // namespace

/// A stack is a 1-tap conv and two residual units; the norms are ours. The pool after it belongs to no unit: when a
/// stack is removed its pool stays, and the dense layer keeps its size (the paper's code pools adaptively instead).
void build_cnn1d(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    const StageShape& stage = stages.front();
    for (int u = 1; u <= stage.units; ++u) {
        const std::string stack = "stack" + std::to_string(u);
        build.begin_unit(stack, 1, true, u == 1);
        x = build.conv("conv", x, { stage.channels });
        x = build.plain(Op::batch_norm, "bn", { x });
        x = cnn1d_unit(build, "unit1", x, stage.channels);
        x = cnn1d_unit(build, "unit2", x, stage.channels);
        build.end_unit();
        if (build.shape(x).width > 1)
            x = build.pool(Op::max_pool, stack + ".pool", x, { 1, 2, 1, 2 });
    }
    x = build.plain(Op::flatten, "flatten", { x });
    x = build.plain(Op::relu, "relu1", { build.linear("fc1", x, kHidden) });
    x = build.dropout("dropout", x, kCnn1dDropout);
    build.linear("fc", x, classes);
}

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

namespace {

constexpr double kAmrDropout = 0.1;

/// A basic 1-D residual block; where the rate halves the shortcut is a strided 1-tap conv with its norm.
std::string amr_unit(NetworkBuilder& build, const UnitPlace& place)
{
    const int stride = place.transition ? 2 : 1, channels = place.out_channels;
    auto x = build.conv("conv1", place.input, { channels, same_window(1, 3, 1, stride) });
    x = build.plain(Op::batch_norm, "bn1", { x });
    x = build.plain(Op::relu, "relu1", { x });
    x = build.conv("conv2", x, { channels, same_window(1, 3) });
    x = build.plain(Op::batch_norm, "bn2", { x });
    std::string shortcut = place.input;
    if (place.transition) {
        shortcut = build.conv("shortcut.conv", shortcut, { channels, same_window(1, 1, 1, stride) });
        shortcut = build.plain(Op::batch_norm, "shortcut.bn", { shortcut });
    }
    x = build.plain(Op::add, "add", { x, shortcut });
    return build.plain(Op::relu, "relu2", { x });
}

} // namespace

void build_amr_resnet(Network& network, const StemShape& stem, const std::vector<StageShape>& stages,
                      std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    build.begin_unit("stem", 0, false, false);
    x = build.conv("conv", x, { stages.front().channels, same_window(1, stem.kernel, 1, stem.stride) });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    build.end_unit();
    x = build_stages(build, x, stages.front().channels, stages, false, amr_unit).back();
    x = build.plain(Op::global_avg_pool, "pool", { x });
    x = build.plain(Op::flatten, "flatten", { x });
    x = build.dropout("dropout", x, kAmrDropout);
    build.linear("fc", x, classes);
}

namespace {

/// Squeeze and excitation: every channel times a factor that the frame's channel means decide.
std::string gate(NetworkBuilder& build, const std::string& input, int channels, int squeeze)
{
    auto x = build.plain(Op::global_avg_pool, "gate.mean", { input });
    x = build.plain(Op::relu, "gate.relu", { build.linear("gate.squeeze", x, std::max(1, channels / squeeze)) });
    x = build.plain(Op::sigmoid, "gate.sigmoid", { build.linear("gate.excite", x, channels) });
    return build.plain(Op::mul, "gate.mul", { input, x });
}

/// Depthwise, pointwise, norm, gate, and the input added where shapes allow.
std::string separable_unit(NetworkBuilder& build, const UnitPlace& place, const SeparableShape& shape)
{
    const ConvGeometry window = same_window(1, shape.kernel, 1, place.transition ? 2 : 1);
    auto x = build.conv("depthwise", place.input, { place.in_channels, window, place.in_channels });
    x = build.conv("pointwise", x, { place.out_channels });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = gate(build, x, place.out_channels, shape.squeeze);
    if (!place.transition)
        x = build.plain(Op::add, "add", { x, place.input });
    return build.plain(Op::relu, "relu", { x });
}

} // namespace

/// The head reads the means of every stage's output, so that each level's features reach the classes.
void build_amr_separable(Network& network, const SeparableShape& shape, const std::vector<StageShape>& stages,
                         std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    build.begin_unit("stem", 0, false, false);
    x = build.conv("conv", x, { shape.stem_channels, same_window(1, shape.kernel, 1, 2) });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    build.end_unit();
    const auto unit = [&shape](NetworkBuilder& b, const UnitPlace& place) {
        return separable_unit(b, place, shape);
    };
    std::vector<std::string> means;
    for (const std::string& output : build_stages(build, x, shape.stem_channels, stages, true, unit))
        means.push_back(build.plain(Op::global_avg_pool, "mean" + std::to_string(means.size() + 1), { output }));
    x = build.plain(Op::concat, "concat", means);
    x = build.dropout("dropout", x, kAmrDropout);
    build.linear("fc", x, classes);
}

namespace {

constexpr int kLargeEvery = 3;

/// Depthwise, norm, then two pointwise convs with a norm each and a relu between, and the input added: no relu is
/// in the way of the sum, as in ConvNeXt (arXiv 2201.03545).
std::string large_kernel_unit(NetworkBuilder& build, const UnitPlace& place, int kernel)
{
    auto x = build.conv("depthwise", place.input, { place.in_channels, same_window(1, kernel), place.in_channels });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.conv("expand", x, { place.out_channels });
    x = build.plain(Op::batch_norm, "bn1", { x });
    x = build.plain(Op::relu, "relu1", { x });
    x = build.conv("project", x, { place.out_channels });
    x = build.plain(Op::batch_norm, "bn2", { x });
    return build.plain(Op::add, "add", { x, place.input });
}

} // namespace

/// The head reads mean and maximum of every channel.
void build_amr_large_kernel(Network& network, const LargeKernelShape& shape, const std::vector<StageShape>& stages,
                            std::int64_t classes)
{
    NetworkBuilder build(network);
    const int channels = stages.front().channels;
    auto x = build.plain(Op::input, "input", {});
    build.begin_unit("stem", 0, false, false);
    x = build.conv("conv", x, { channels, same_window(1, shape.stem_kernel, 1, 2) });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    build.end_unit();
    int number = 0;
    x = build_stages(build, x, channels, stages, false, [&](NetworkBuilder& b, const UnitPlace& place) {
            const bool large = ++number % kLargeEvery == 0 || number == stages.front().units;
            return large_kernel_unit(b, place, large ? shape.large : shape.kernel);
        }).back();
    const int width = static_cast<int>(build.shape(x).width);
    const auto mean = build.plain(Op::global_avg_pool, "mean", { x });
    const auto peak = build.pool(Op::max_pool, "peak", x, { 1, width, 1, width });
    x = build.plain(Op::concat, "concat", { mean, peak });
    x = build.dropout("dropout", x, kAmrDropout);
    build.linear("fc", x, classes);
}

} // namespace prunedamr::graph
