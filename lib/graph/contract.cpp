// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/contract.h"

#include "prunedamr/base/error.h"

namespace prunedamr::graph {

void check_contract(const Network& network, const FrontEndSpec& front_end, const std::vector<std::string>& class_names,
                    const std::string& where)
{
    if (!(front_end == network.front_end))
        throw Error({ "front end of the data is not the network's", where, prunedamr::to_json(front_end).dump(),
                      prunedamr::to_json(network.front_end).dump() });
    if (class_names != network.labels)
        throw Error({ "classes of the data are not the network's", where, nlohmann::json(class_names).dump(),
                      nlohmann::json(network.labels).dump() });
}

} // namespace prunedamr::graph
