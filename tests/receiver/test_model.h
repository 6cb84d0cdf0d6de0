// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/model/model_file.h"
#include "tests/stream/small_network.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <unistd.h>

namespace prunedamr::test {

inline constexpr int kModelBlock = 1024; ///< samples that its front end takes at once

/// A small untrained model in a file of this process.
inline std::string write_model(const std::string& name = "first")
{
    const auto path =
        std::filesystem::path(testing::TempDir()) / ("receiver_" + std::to_string(::getpid()) + "_" + name + ".safetensors");
    model::Model model = small_network(FrontEndSpec::Kind::as_is);
    model.info.name = name;
    model::save_model(model, path);
    return path;
}

} // namespace prunedamr::test
