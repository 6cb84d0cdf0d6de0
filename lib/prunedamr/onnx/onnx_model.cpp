// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/onnx/onnx_model.h"

#include "prunedamr/base/version.h"

namespace prunedamr::graph::onnx {
namespace {

// Field numbers and enumerators of onnx.proto; each function writes one of its messages.
constexpr int kFloat = 1, kInt64 = 7; // TensorProto.DataType
constexpr int kRealAttribute = 1, kIntegerAttribute = 2, kTextAttribute = 3,
              kListAttribute = 7; // AttributeProto.AttributeType

Wire attribute(const std::string& name, int type)
{
    return Wire().bytes(1, name).integer(20, type);
}

Wire node(const Operator& op)
{
    Wire wire;
    for (const std::string& input : op.inputs)
        wire.bytes(1, input);
    for (const std::string& output : op.outputs)
        wire.bytes(2, output);
    wire.bytes(3, op.name).bytes(4, op.type);
    for (const auto& [name, value] : op.reals)
        wire.message(5, attribute(name, kRealAttribute).real(2, value));
    for (const auto& [name, value] : op.integers)
        wire.message(5, attribute(name, kIntegerAttribute).integer(3, value));
    for (const auto& [name, value] : op.texts)
        wire.message(5, attribute(name, kTextAttribute).bytes(4, value));
    for (const auto& [name, values] : op.lists) {
        Wire list = attribute(name, kListAttribute);
        for (const std::int64_t value : values)
            list.integer(8, value);
        wire.message(5, list);
    }
    return wire;
}

template <typename T> std::string raw(const std::vector<T>& values)
{
    return { reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T) };
}

Wire tensor(const std::string& name, const Initializer& constant)
{
    Wire wire;
    for (const std::int64_t extent : constant.shape)
        wire.integer(1, extent);
    const bool real = !constant.reals.empty();
    wire.integer(2, real ? kFloat : kInt64).bytes(8, name);
    return wire.bytes(9, real ? raw(constant.reals) : raw(constant.integers));
}

Wire value_info(const Port& port)
{
    Wire shape;
    shape.message(1, Wire().bytes(2, "batch"));
    for (const std::int64_t extent : port.frame_shape)
        shape.message(1, Wire().integer(1, extent));
    const Wire type = Wire().message(1, Wire().integer(1, kFloat).message(2, shape));
    return Wire().bytes(1, port.name).message(2, type);
}

Wire graph(const Model& model)
{
    Wire wire;
    for (const Operator& op : model.operators)
        wire.message(1, node(op));
    wire.bytes(2, model.name);
    for (const auto& [name, constant] : model.initializers)
        wire.message(5, tensor(name, constant));
    return wire.message(11, value_info(model.input)).message(12, value_info(model.output));
}

} // namespace

std::string serialize(const Model& model)
{
    Wire wire;
    wire.integer(1, kIrVersion).bytes(2, "prunedamr").bytes(3, kVersion).message(7, graph(model));
    wire.message(8, Wire().bytes(1, "").integer(2, kOpset));
    for (const auto& [key, value] : model.metadata)
        wire.message(14, Wire().bytes(1, key).bytes(2, value));
    return wire.str();
}

} // namespace prunedamr::graph::onnx
