// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/model_output.h"

#include "prunedamr/base/error.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>

namespace prunedamr::tool {

void check_model_name(const std::string& out)
{
    if (std::filesystem::path(out).extension() != ".safetensors")
        throw Error({ "not a name for a model file", out, "", "NAME.safetensors" });
}

std::string accuracy_text(const nlohmann::json& scores)
{
    if (!scores.contains("accuracy"))
        return "not measured";
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", 100 * scores["accuracy"].get<double>());
    return text;
}

} // namespace prunedamr::tool
