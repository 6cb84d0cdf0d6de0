// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/contract.h"

#include "prunedamr/base/error.h"

namespace prunedamr::graph {
namespace {

void check_equal(const char* what, const std::string& where, const nlohmann::json& found,
                 const nlohmann::json& expected)
{
    if (found != expected)
        throw Error({ std::string("data set does not fit the network: ") + what + " differs", where, found.dump(),
                      expected.dump() });
}

} // namespace

void check_contract(const Network& network, const FrontEndSpec& front_end,
                    const std::vector<std::string>& class_names, const std::string& where)
{
    check_equal("frame length", where, front_end.frame_length, network.front_end.frame_length);
    check_equal("front end", where, prunedamr::to_json(front_end), prunedamr::to_json(network.front_end));
    check_equal("list of class names", where, class_names, network.labels);
}

} // namespace prunedamr::graph
