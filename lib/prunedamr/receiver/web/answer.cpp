// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/server.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace prunedamr::receiver {

WebAnswer json_answer(std::string body, unsigned status)
{
    return { status, "application/json", std::move(body) };
}

WebAnswer json_error(unsigned status, const std::string& text)
{
    return json_answer(
        nlohmann::json{ { "error", text } }.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
        status);
}

} // namespace prunedamr::receiver
