// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prunedamr::graph {

/// Operations of a network. Every activation is [batch, channels, height, width]; 1-D networks have height 1.
/// Tensor names are "<node>.<part>", as torch names them; shapes are given with each operation.
///
/// Complex numbers (Trabelsi et al., arXiv 1705.09792): complex channel c is channels 2c (I) and 2c + 1 (Q), as in
/// the input. A complex conv is `as_image` (rows I and Q), an ordinary conv with kernel 1 x k whose filters are the
/// real parts, then the imaginary parts of C complex filters, and `complex_sum`: with A the first C channels and B
/// the rest, channel 2c is A[c, I] - B[c, Q] and channel 2c + 1 is A[c, Q] + B[c, I].
/// `complex_norm` multiplies the centerd pair by the inverse square root of its covariance, then by the symmetric
/// `weight` [C/2, 3] (II, QQ, IQ), and adds `bias` [C/2, 2]; running_mean [C/2, 2], running_var [C/2, 3].
enum class Op {
    input,        ///< the frame: [2, 1, length], I then Q, float32
    as_image,     ///< [C, 1, W] -> [1, C, W]: the frame as a one-channel image (same bytes)
    conv,         ///< weight [out, in/groups, kernel_h, kernel_w], bias [out] if `bias`
    batch_norm,   ///< weight, bias, running_mean, running_var [C]; `epsilon`
    complex_sum,  ///< [2C, 2, W] -> [2C, 1, W]: second half of a complex conv, see above
    complex_norm, ///< batch norm of pairs of channels (2c, 2c + 1) as complex numbers, see above; `epsilon`
    relu,
    sigmoid,
    add,              ///< sum of the inputs; [C, 1, 1] inputs are broadcast over positions
    mul,              ///< product of two inputs; a [C, 1, 1] input is broadcast over positions
    concat,           ///< along channels
    concat_width,     ///< along positions
    max_pool,         ///< over `window`, padding counts as minus infinity
    avg_pool,         ///< over `window`, padding is not counted
    global_avg_pool,  ///< mean over positions, [C, 1, 1]
    pad_channels,     ///< zero channels appended up to `out_channels`
    channel_shuffle,  ///< [groups, C/groups] transposed to [C/groups, groups]
    position_shuffle, ///< the same along the width, [groups, W/groups]
    flatten,          ///< [C, H, W] -> [C*H*W, 1, 1]
    linear,           ///< weight [out, in], bias [out] if `bias`
    dropout,          ///< identity outside training; probability `dropout`
    detach,           ///< identity; stops the gradient in training
};

PRUNEDAMR_API const char* to_string(Op op);

struct Shape {
    std::int64_t channels = 0;
    std::int64_t height = 1;
    std::int64_t width = 1;

    std::int64_t count() const { return channels * height * width; }
    bool operator==(const Shape& o) const
    {
        return channels == o.channels && height == o.height && width == o.width;
    }
};

PRUNEDAMR_API std::string to_string(const Shape& shape); ///< "[16, 2, 128]"

/// Kernel geometry of convs and pools, in samples; padding is symmetric.
struct ConvGeometry {
    int kernel_h = 1, kernel_w = 1;
    int stride_h = 1, stride_w = 1;
    int pad_h = 0, pad_w = 0;
};

struct Node {
    std::string name; ///< unique; [A-Za-z0-9_.-]+
    Op op = Op::input;
    std::vector<std::string> inputs; ///< names of earlier nodes, in the operation's order
    ConvGeometry window;             ///< conv, max_pool, avg_pool
    std::int64_t out_channels = 0;   ///< conv, linear, pad_channels
    std::int64_t groups = 1;         ///< conv, channel_shuffle
    bool bias = false;               ///< conv, linear
    double epsilon = 1e-5;           ///< batch_norm
    double dropout = 0.0;            ///< dropout
};

struct Tensor {
    std::vector<std::int64_t> shape;
    std::vector<float> data; ///< row-major, product of `shape` elements
};

/// A named run of nodes that layer pruning treats as one: a stem, a residual block, a conv with its norm.
/// All nodes of a unit read only the unit's nodes and one outside node (its input); the last node is its output.
struct Unit {
    std::string name;
    int stage = 0;           ///< 0 for the stem, then 1, 2, ...: units of a stage work at one width and rate
    bool removable = true;   ///< false for the stem
    bool transition = false; ///< changes shape (stride, width): must stay as structure, may be re-initialized
    std::vector<std::string> nodes;
};

/// Quantization parameters of an int8 activation: a value is scale * (q - zero_point), q = 0..255.
struct QuantParams {
    float scale = 1.0F; ///< 1e-30..1e30
    int zero_point = 0; ///< 0..255
};

/// A network with its weights: nodes, tensors and prunable units. What a receiver must know of it (labels, front
/// end, decision) is `model::ModelInfo`.
/// A plain value: copy it, change it, `validate` it.
struct PRUNEDAMR_API Network {
    std::int64_t length = 0; ///< complex samples of the input frame, 16..65536
    std::vector<Node> nodes; ///< topological order; the first is the input, the last gives the logits
    std::map<std::string, Tensor> tensors;
    std::vector<Unit> units;                      ///< in order of depth
    std::map<std::string, QuantParams> quantized; ///< nodes whose output is held in 8 bits, see quantize.h

    const Node& node(const std::string& name) const;     ///< throws `Error` naming an unknown node
    const Tensor& tensor(const std::string& name) const; ///< throws `Error` naming an unknown tensor

    /// Channels of the last node's output, by `infer_shapes`: linear in the number of nodes. Throws as that does.
    std::int64_t classes() const;
};

/// Output shape of every node. Throws `Error` whose `where` names the node when inputs do not fit.
PRUNEDAMR_API std::map<std::string, Shape> infer_shapes(const Network& network);

/// Tensors (name -> shape) that a node needs, given its input shapes.
PRUNEDAMR_API std::map<std::string, std::vector<std::int64_t>> expected_tensors(const Node& node,
                                                                                const std::vector<Shape>& inputs);

/// Checks the whole network: names, order, arity, attributes, shapes, tensors present with the right shape and
/// finite values, no stray tensors, units well formed, quantized values, a frame length in range, two logits or
/// more. Throws `Error` naming the node.
PRUNEDAMR_API void validate(const Network& network);

/// The outside node that feeds a unit. Throws `Error` naming the unit if there is not exactly one.
PRUNEDAMR_API std::string unit_input(const Network& network, const Unit& unit);

/// Nodes that read `name`.
PRUNEDAMR_API std::vector<std::string> consumers(const Network& network, const std::string& name);

/// (Re)initializes the tensors of `node_names` (all nodes if empty): conv and linear weights Kaiming normal
/// (fan in, ReLU gain), biases 0, batch norm 1/0 with running mean 0, variance 1 (complex: of unit power,
/// covariance the identity). Same seed, same weights.
PRUNEDAMR_API void initialize(Network& network, std::uint64_t seed,
                              const std::vector<std::string>& node_names = {});

} // namespace prunedamr::graph
