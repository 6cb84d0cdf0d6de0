// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

#include <string>

namespace prunedamr::graph {

/// What a receiver must know of a network, wherever it computes: "name", "labels", "families", "front_end",
/// "decision".
nlohmann::json facts_to_json(const Network& network);
nlohmann::json to_json(const Decision& decision);

/// A network without a graph, from a JSON file of such facts, of which "labels" and "front_end" must be there:
/// families are those of the table of classes, the name that of the file. Throws `Error` naming file and key: not
/// JSON, a missing or unknown key, a value out of range.
Network load_facts(const std::string& path);

/// Part of `validate`: labels, families, front end, decision, golden vector.
void check_facts(const Network& network);

} // namespace prunedamr::graph
