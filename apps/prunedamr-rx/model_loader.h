// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/model.h"

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace prunedamr::rx {

/// Opens models on a thread, one after the other: of several that wait the last. Nobody waits for a load that is
/// under way at the end: its thread is left behind, and the program must then end by `std::_Exit`.
class ModelLoader
{
public:
    struct Model {
        stream::Model model;
        std::string hash; ///< of its file: SHA-256, 64 digits
    };
    using Loaded = std::variant<Model, std::exception_ptr>;

    explicit ModelLoader(stream::ModelConfig config);
    ~ModelLoader();

    void request(const std::string& model);

    /// What was asked for, once it is there within `wait`: a model, or why there is none.
    std::optional<Loaded> take(std::chrono::milliseconds wait);

    /// True when a load of this process was left behind.
    static bool left_behind() noexcept;

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace prunedamr::rx
