// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/onnx/emitter.h"

#include <algorithm>

namespace prunedamr::graph::onnx {
namespace {

constexpr std::int64_t kBatch = -1; // in a Reshape: whatever is left

} // namespace

Value full_value(const std::string& name)
{
    return { name, "" };
}

Value flat_value(const std::string& name)
{
    return { "", name };
}

std::string value_name(const Node& node, const std::string& part)
{
    return "/" + node.name + (part.empty() ? "" : ":" + part);
}

std::string Emitter::root(const std::string& node) const
{
    const auto found = same_as_.find(node);
    return found == same_as_.end() ? node : found->second;
}

std::string Emitter::full(const std::string& node)
{
    Value& value = values_.at(root(node));
    if (value.full.empty()) {
        const Shape& s = shape(node);
        value.full = reshape(value.flat + ":full", value.flat, { s.channels, s.height, s.width });
    }
    return value.full;
}

std::string Emitter::flat(const std::string& node)
{
    Value& value = values_.at(root(node));
    if (value.flat.empty()) {
        value.flat = value.full + ":flat";
        emit("Flatten", value.flat, { value.full }).integers["axis"] = 1;
    }
    return value.flat;
}

Operator& Emitter::emit(const std::string& type, const std::string& output, std::vector<std::string> inputs)
{
    model_.operators.push_back({ type, output, std::move(inputs), { output }, {}, {}, {}, {} });
    return model_.operators.back();
}

std::string Emitter::reshape(const std::string& output, const std::string& input, std::vector<std::int64_t> shape)
{
    shape.insert(shape.begin(), kBatch);
    model_.initializers[output + ":shape"] = { { static_cast<std::int64_t>(shape.size()) }, {}, shape };
    emit("Reshape", output, { input, output + ":shape" });
    return output;
}

std::string Emitter::tensor(const std::string& name)
{
    const Tensor& tensor = network_.tensor(name);
    model_.initializers[name] = { tensor.shape, tensor.data, {} };
    return name;
}

void Emitter::rename(const std::string& from, const std::string& to)
{
    for (Operator& op : model_.operators) {
        std::replace(op.inputs.begin(), op.inputs.end(), from, to);
        std::replace(op.outputs.begin(), op.outputs.end(), from, to);
    }
}

} // namespace prunedamr::graph::onnx
