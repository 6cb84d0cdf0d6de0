// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/onnx/onnx_export.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/model/model_json.h"
#include "prunedamr/onnx/lowering.h"

namespace prunedamr::model {
namespace {

constexpr std::size_t kLargestMessage = (std::size_t{ 1 } << 31) - 1; // of protocol buffers

std::map<std::string, std::string> metadata_of(const ModelInfo& info)
{
    const nlohmann::json description = to_json(info);
    std::map<std::string, std::string> metadata;
    for (const char* key : { "labels", "families", "front_end", "decision" })
        metadata[key] = description.at(key).dump();
    return metadata;
}

} // namespace

std::string to_onnx(const Model& model)
{
    validate(model);
    const std::string where = "model '" + model.info.name + "'";
    graph::onnx::Model lowered = graph::onnx::lower(model.network);
    lowered.name = model.info.name;
    try {
        static_cast<void>(nlohmann::json(lowered.name).dump()); // a name goes into the file as it is
        lowered.metadata = metadata_of(model.info);
    } catch (const nlohmann::json::exception& e) {
        throw Error({ "model holds text that is not UTF-8", where, e.what(), "" });
    }
    std::string bytes = serialize(lowered);
    if (bytes.size() > kLargestMessage)
        throw Error({ "model is too large for one ONNX file", where, std::to_string(bytes.size()) + " bytes",
                      "at most " + std::to_string(kLargestMessage) });
    return bytes;
}

void export_onnx(const Model& model, const std::string& path)
{
    check_writable(path);
    write_text_atomically(path, to_onnx(model));
}

} // namespace prunedamr::model
