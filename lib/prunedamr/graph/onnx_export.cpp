// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/onnx_export.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/graph/onnx/lowering.h"

namespace prunedamr::graph {
namespace {

constexpr std::size_t kLargestMessage = (std::size_t{ 1 } << 31) - 1; // of protocol buffers

std::map<std::string, std::string> metadata_of(const Network& network)
{
    const nlohmann::json description = to_json(network);
    std::map<std::string, std::string> metadata;
    for (const char* key : { "labels", "families", "front_end", "decision" })
        metadata[key] = description.at(key).dump();
    return metadata;
}

} // namespace

std::string to_onnx(const Network& network)
{
    validate(network);
    onnx::Model model = onnx::lower(network);
    try {
        static_cast<void>(nlohmann::json(network.name).dump()); // a name goes into the file as it is
        model.metadata = metadata_of(network);
    } catch (const nlohmann::json::exception& e) {
        throw Error({ "network holds text that is not UTF-8", "network '" + network.name + "'", e.what(), "" });
    }
    std::string bytes = serialise(model);
    if (bytes.size() > kLargestMessage)
        throw Error({ "network is too large for one ONNX file", "network '" + network.name + "'",
                      std::to_string(bytes.size()) + " bytes", "at most " + std::to_string(kLargestMessage) });
    return bytes;
}

void export_onnx(const Network& network, const std::string& path)
{
    check_writable(path);
    write_text_atomically(path, to_onnx(network));
}

} // namespace prunedamr::graph
