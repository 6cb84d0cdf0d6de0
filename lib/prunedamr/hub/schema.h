// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/hub/database.h"

#include <vector>

namespace prunedamr::hub {

/// What brings a database from one version of its tables to the next: the statements of version 1 stand first.
using Migration = std::vector<const char*>;
const std::vector<Migration>& migrations();

/// Brings the tables to the newest version, each step whole or not at all; several hubs may do so at a time. Throws `Error`
/// for a database that a newer hub has brought further.
void migrate(Database& database, const std::vector<Migration>& steps = migrations());

} // namespace prunedamr::hub
